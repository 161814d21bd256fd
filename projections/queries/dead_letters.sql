-- What was set aside, by log position; of one store, or of all where none is named.
SELECT position, store, statement, reason, toUnixTimestamp64Micro(since)
FROM {database:Identifier}.dead_letters FINAL
WHERE position > {after:UInt64} AND ({store:String} = '' OR store = {store:String})
ORDER BY position
LIMIT {limit:UInt32}
