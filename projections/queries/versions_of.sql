-- The versions of some persons' rows, of those too that say there is none any more.
SELECT store, person, max(position)
FROM {database:Identifier}.persons
WHERE (store, person) IN (
    SELECT untuple(arrayJoin(arrayZip({stores:Array(String)}, {persons:Array(String)})))
)
GROUP BY store, person
