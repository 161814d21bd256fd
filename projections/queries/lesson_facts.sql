-- All facts of a lesson, found by the skip index on lessons. It's used with FINAL in its exact mode: where
-- it finds one version of a fact, the others are read too. Columns as in projections/facts.py.
SELECT
    store, toString(statement), ordinal, person, action, phase, lesson, course, subject,
    knowledge_points, item, verb, app, class_group, school,
    toUnixTimestamp64Micro(time), duration, success, completion, score, rating, response,
    layer, part_of, counterpart, progress, toUnixTimestamp64Micro(due), position
FROM {database:Identifier}.facts FINAL
WHERE store = {store:String} AND lesson = {lesson:String}
SETTINGS use_skip_indexes_if_final = 1, use_skip_indexes_if_final_exact_mode = 1
