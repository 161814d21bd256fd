"""Where the log and its statement index are kept: SQLite and PostgreSQL, behind one interface."""
