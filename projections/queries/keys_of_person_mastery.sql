-- The knowledge points for which some persons have rows.
SELECT store, person, knowledge_point
FROM {database:Identifier}.person_mastery FINAL
WHERE (store, person) IN (
    SELECT untuple(arrayJoin(arrayZip({stores:Array(String)}, {persons:Array(String)})))
)
