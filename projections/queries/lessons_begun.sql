-- When some lessons began, of which statements were voided: what lessons.sql says, by their facts.
SELECT
    lesson,
    toUnixTimestamp64Micro(if(countIf(phase = 'in') > 0, minIf(time, phase = 'in'), min(time))) AS begins
FROM
(
    SELECT
        lesson, class_group, subject, phase, time,
        multiIf(
            action IN {teaching:Array(String)}, person,
            action IN {learning:Array(String)}, counterpart,
            ''
        ) AS teacher
    FROM {database:Identifier}.facts FINAL
    -- Before versions are merged, as all of a fact are of the same lesson.
    PREWHERE lesson IN {lessons:Array(String)}
    WHERE store = {store:String}
)
WHERE
--include lessons_wanted
GROUP BY lesson
HAVING begins >= {from:Int64} AND begins < {to:Int64}
   AND (begins, lesson) < ({before:Int64}, {before_lesson:String})
SETTINGS use_skip_indexes_if_final = 1, use_skip_indexes_if_final_exact_mode = 0
