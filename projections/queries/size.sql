-- How many bytes some databases take on disk.
SELECT toUInt64(sum(bytes_on_disk))
FROM system.parts
WHERE active AND has({databases:Array(String)}, database)
