-- When the last generation of a name was dropped, in microseconds since 1970 (the version of the row
-- that says so), and what its database was; 0 and nothing if none was.
SELECT max(version), argMax(database, version)
FROM {database:Identifier}.generations
WHERE name = {name:String} AND is_deleted
