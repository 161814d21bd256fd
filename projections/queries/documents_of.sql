-- The documents about a person, in any of that person's accounts, newest first.
SELECT
    kind, activity, registration, id, app, content_type, size, content,
    toUnixTimestamp64Micro(updated) AS updated
FROM {database:Identifier}.documents FINAL
WHERE store = {store:String} AND person IN {accounts:Array(String)}
ORDER BY updated DESC, kind, activity, registration, id
LIMIT {limit:UInt32}
