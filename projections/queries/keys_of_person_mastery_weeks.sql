-- The knowledge points and weeks for which some persons have rows.
SELECT store, person, knowledge_point, toInt32(week)
FROM {database:Identifier}.person_mastery_weeks FINAL
WHERE (store, person) IN (
    SELECT untuple(arrayJoin(arrayZip({stores:Array(String)}, {persons:Array(String)})))
)
