-- The days and phases for which some persons have rows.
SELECT store, person, toInt32(day), phase
FROM {database:Identifier}.person_days FINAL
WHERE (store, person) IN (
    SELECT untuple(arrayJoin(arrayZip({stores:Array(String)}, {persons:Array(String)})))
)
