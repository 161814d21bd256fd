-- The versions of some persons' rows, of those too that say there is none any more.
SELECT person, max(position)
FROM {database:Identifier}.persons
WHERE store = {store:String} AND person IN {persons:Array(String)}
GROUP BY person
