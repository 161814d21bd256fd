-- The documents about a person, newest first.
SELECT
    kind, activity, registration, id, app, content_type, size, content,
    toUnixTimestamp64Micro(updated) AS updated
FROM {database:Identifier}.documents FINAL
WHERE store = {store:String} AND person = {person:String}
ORDER BY updated DESC, kind, activity, registration, id
LIMIT {limit:UInt32}
