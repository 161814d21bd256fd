-- Every version of the facts that some persons have or had, voided ones too: what rows there can be.
-- Columns as in projections/facts.py.
SELECT
    store, toString(statement), ordinal, person, action, phase, lesson, course, subject,
    knowledge_points, item, verb, app, class_group, school,
    toUnixTimestamp64Micro(time), duration, success, completion, score, rating, response,
    layer, part_of, counterpart, progress, toUnixTimestamp64Micro(due), position
FROM {database:Identifier}.facts
WHERE (store, person) IN (
    SELECT untuple(arrayJoin(arrayZip({stores:Array(String)}, {persons:Array(String)})))
)
