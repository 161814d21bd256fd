-- All facts of a lesson, found by the skip index on lessons; before versions are merged, as all of a fact
-- are of the same lesson. Columns as in projections/facts.py.
SELECT
    store, toString(statement), ordinal, person, action, phase, lesson, course, subject,
    knowledge_points, item, verb, app, class_group, school,
    toUnixTimestamp64Micro(time), duration, success, completion, score, rating, response,
    layer, part_of, counterpart, progress, toUnixTimestamp64Micro(due), position
FROM {database:Identifier}.facts FINAL
PREWHERE lesson = {lesson:String}
WHERE store = {store:String}
SETTINGS use_skip_indexes_if_final = 1, use_skip_indexes_if_final_exact_mode = 0
