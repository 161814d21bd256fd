-- What is known of a person as a whole, if anything; any new evidence changes the position.
SELECT facts, toUnixTimestamp64Micro(last_time), position
FROM {database:Identifier}.persons FINAL
WHERE store = {store:String} AND person = {person:String}
