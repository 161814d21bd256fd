-- What some lessons are in short, one row a lesson and phase; found by the skip index on lessons. `deeds`
-- is by person how much more they did as a teacher than as a learner.
SELECT
    lesson,
    phase,
    toUInt64(count()),
    toUInt64(uniqExactIf(person, has({learning:Array(String)}, action))),
    toUInt64(countIf(action = 'answer')),
    toUInt64(countIf(action = 'answer' AND isNotNull(success))),
    toUInt64(countIf(action = 'answer' AND success)),
    sumIf(ifNull(duration, 0), has({learning:Array(String)}, action)),
    toUInt64(uniqExactIf(person, action = 'homework_done')),
    arraySort(groupUniqArrayIf(class_group, class_group != '')),
    arraySort(groupUniqArrayIf(subject, subject != '')),
    arraySort(groupUniqArrayArray(knowledge_points)),
    arraySort(groupUniqArrayIf(counterpart, counterpart != '' AND has({learning:Array(String)}, action))),
    sumMap(
        [person],
        [toInt64(has({teaching:Array(String)}, action)) - toInt64(has({learning:Array(String)}, action))]
    ) AS deeds,
    toUnixTimestamp64Micro(min(time)),
    toUnixTimestamp64Micro(max(time))
FROM {database:Identifier}.facts FINAL
-- All versions of a fact are of the same lesson: so it may be asked before versions are merged, and the
-- index finds them all. Its exact mode, which reads whatever else has the same keys, would cost twice as
-- much for a page of many classes.
PREWHERE lesson IN {lessons:Array(String)}
WHERE store = {store:String}
GROUP BY lesson, phase
SETTINGS use_skip_indexes_if_final = 1, use_skip_indexes_if_final_exact_mode = 0
