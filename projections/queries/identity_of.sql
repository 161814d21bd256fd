-- What tells a generation's tables from any others that have been or will be in a database of this name.
SELECT toString(uuid)
FROM system.tables
WHERE database = {of:String} AND name = 'facts'
