-- How many rows each table of a generation has on disk, those that later ones replace included.
SELECT table, toUInt64(sum(rows))
FROM system.parts
WHERE active AND database = {database:String}
GROUP BY table
ORDER BY table
