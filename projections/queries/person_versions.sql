-- The versions of the rows of a store's people, of those too of whom there is nothing any more.
SELECT person, max(position)
FROM {database:Identifier}.persons
WHERE store = {store:String}
GROUP BY person
