-- Which of some persons have a row.
SELECT store, person
FROM {database:Identifier}.persons FINAL
WHERE (store, person) IN (
    SELECT untuple(arrayJoin(arrayZip({stores:Array(String)}, {persons:Array(String)})))
)
