-- The weeks and subjects for which some persons have rows.
SELECT store, person, toInt32(week), subject
FROM {database:Identifier}.person_weeks FINAL
WHERE (store, person) IN (
    SELECT untuple(arrayJoin(arrayZip({stores:Array(String)}, {persons:Array(String)})))
)
