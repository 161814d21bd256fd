-- The documents about a person, in any of that person's accounts, newest first: of these kinds, apps,
-- activities and ids, where any are named, written last at these moments.
SELECT
    kind, activity, registration, id, app, content_type, size, content,
    toUnixTimestamp64Micro(updated) AS updated
FROM {database:Identifier}.documents FINAL
WHERE store = {store:String} AND person IN {accounts:Array(String)}
  AND (empty({kinds:Array(String)}) OR kind IN {kinds:Array(String)})
  AND (empty({apps:Array(String)}) OR app IN {apps:Array(String)})
  AND (empty({activities:Array(String)}) OR activity IN {activities:Array(String)})
  AND (empty({ids:Array(String)}) OR id IN {ids:Array(String)})
  AND updated >= {since:Int64}
  AND updated < {until:Int64}
ORDER BY updated DESC, kind, activity, registration, id
LIMIT {limit:UInt32}
