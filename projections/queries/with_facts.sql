-- Which of some persons there are facts of, be they voided.
SELECT DISTINCT store, person
FROM {database:Identifier}.facts
WHERE (store, person) IN (
    SELECT untuple(arrayJoin(arrayZip({stores:Array(String)}, {persons:Array(String)})))
)
