"""The carriers that bring the record's log to the projections."""
