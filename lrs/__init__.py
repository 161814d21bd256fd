"""The write side: what a valid statement is, the event-sourced record, and its query index."""
