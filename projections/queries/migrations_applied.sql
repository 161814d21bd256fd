-- The migrations that a database has had.
SELECT DISTINCT number
FROM {database:Identifier}.migrations
WHERE database = {of:String}
