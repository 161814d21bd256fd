-- A term of a district for bench/lessons.py: the facts of some classes, from $first on.
-- Of class c, lesson l, person s (the last one is the teacher) and number f of the person's facts.
INSERT INTO $database.facts
SELECT
    'bench' AS store,
    concat('account:https://id.example.cn|', if(s = $students,
        concat('t', toString(intDiv(c, 2)), '-', toString(l % 3)),
        concat('s', toString(c), '-', toString(s)))) AS person,
    reinterpretAsUUID(sipHash128(c, l, s, f)) AS statement,
    0 AS ordinal,
    if(s = $students,
        ['resource_searched', 'resource_adopted', 'resource_used', 'strategy_changed',
         'interaction_organised', 'homework_set', 'feedback_given', 'homework_marked',
         'resource_pushed'][f % 9 + 1],
        multiIf(f = 0, 'video', f = 3, 'preview', f = 12, 'hand_raised', f = 13, 'poll',
                f = 23, 'homework_done', f = 24, 'homework_corrected', 'answer')) AS action,
    if(s = $students,
        ['pre', 'pre', 'in', 'in', 'in', 'post', 'post', 'post', 'pre'][f % 9 + 1],
        multiIf(f < 4, 'pre', f < 15, 'in', 'post')) AS phase,
    concat('https://district.example.cn/lessons/', toString(c), '-', toString(l)) AS lesson,
    concat('https://district.example.cn/courses/', toString(l % 3)) AS course,
    ['mathematics', 'chinese', 'english'][l % 3 + 1] AS subject,
    [concat('https://district.example.cn/points/', toString(l % 3), '-', toString(intDiv(l, 3)))]
        AS knowledge_points,
    concat('https://district.example.cn/items/', toString(l), '-', toString(f)) AS item,
    'http://adlnet.gov/expapi/verbs/answered' AS verb,
    ['preview-video', 'clicker', 'homework'][multiIf(f < 4, 1, f < 15, 2, 3)] AS app,
    toString(c) AS class_group,
    toString(intDiv(c, 18)) AS school,
    toDateTime64('2026-09-01 01:00:00', 6, 'UTC') + toIntervalSecond(
        l * 4 * 86400 + (c % 6) * 3600 + f * 97 + s % 40
        + multiIf(phase = 'pre', -50000, phase = 'in', 0, 30000)) AS time,
    20 + (s + f) % 30 AS duration,
    if(action = 'answer', cityHash64(c, s, l, f) % 10 < 7, NULL) AS success,
    NULL AS completion,
    NULL AS score,
    NULL AS rating,
    if(action IN ('answer', 'poll'), substring('ABCD', cityHash64(c, s, f) % 4 + 1, 1), '')
        AS response,
    '' AS layer,
    if(phase = 'post', concat('https://district.example.cn/homework/', toString(l)), '') AS part_of,
    if(s = $students, '', concat('account:https://id.example.cn|t', toString(intDiv(c, 2)), '-',
        toString(l % 3))) AS counterpart,
    if(action = 'video', (s % 10 + 1) / 10, NULL) AS progress,
    NULL AS due,
    1 + cityHash64(c, l, s, f) % 5000000 AS position,
    0 AS is_deleted
FROM
(
    SELECT
        $first + intDiv(number, $lessons * $people * $facts) AS c,
        intDiv(number, $people * $facts) % $lessons AS l,
        intDiv(number, $facts) % $people AS s,
        number % $facts AS f
    FROM numbers($count)
)
