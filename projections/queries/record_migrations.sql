-- Remember that migrations were applied.
INSERT INTO {database:Identifier}.migrations (database, number, name)
SELECT {of:String}, number, name
FROM (SELECT 1)
ARRAY JOIN {numbers:Array(UInt32)} AS number, {names:Array(String)} AS name
