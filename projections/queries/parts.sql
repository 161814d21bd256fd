-- How many active parts each table of a generation has.
SELECT table, toUInt64(count())
FROM system.parts
WHERE active AND database = {database:String}
GROUP BY table
ORDER BY table
