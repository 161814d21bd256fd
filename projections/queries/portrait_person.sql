-- What is known of a person as a whole, if anything: facts, last time (µs), name.
SELECT
    facts,
    toUnixTimestamp64Micro(last_time),
    (
        SELECT tupleElement(max(latest), 'name')
        FROM {database:Identifier}.names
        WHERE store = {store:String} AND subject = {person:String} AND language = ''
    )
FROM {database:Identifier}.persons FINAL
WHERE store = {store:String} AND person = {person:String}
