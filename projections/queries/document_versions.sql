-- When, by positions of the log, the newest document about each account of a store was written.
SELECT person, max(position)
FROM {database:Identifier}.documents
WHERE store = {store:String} AND person != ''
GROUP BY person
