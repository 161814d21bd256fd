-- The subjects for which some persons have rows.
SELECT store, person, subject
FROM {database:Identifier}.person_levels FINAL
WHERE (store, person) IN (
    SELECT untuple(arrayJoin(arrayZip({stores:Array(String)}, {persons:Array(String)})))
)
