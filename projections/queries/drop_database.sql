-- Remove a generation's database with all its tables, at once.
DROP DATABASE IF EXISTS {of:Identifier} SYNC
