-- The days, phases, subjects and apps for which some persons have rows.
SELECT store, person, toInt32(day), phase, subject, app
FROM {database:Identifier}.person_days FINAL
WHERE (store, person) IN (
    SELECT untuple(arrayJoin(arrayZip({stores:Array(String)}, {persons:Array(String)})))
)
