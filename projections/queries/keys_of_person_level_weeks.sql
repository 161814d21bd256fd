-- The subjects and weeks for which some persons have rows of levels.
SELECT store, person, subject, toInt32(week)
FROM {database:Identifier}.person_level_weeks FINAL
WHERE (store, person) IN (
    SELECT untuple(arrayJoin(arrayZip({stores:Array(String)}, {persons:Array(String)})))
)
