-- How many bytes some databases take on disk; on a cluster of each shard those of one replica.
SELECT toUInt64(sum(bytes_on_disk))
FROM system.parts
WHERE active AND has({databases:Array(String)}, database)
