-- What is known of levels as of each of some days, beside what came in the weeks after: a row a day and
-- subject, with the levels and then the mean points of all who were placed on the day and had results both
-- before and after it. Levels are those of `levels_on`: with enough results, the last since `fresh` weeks.
SELECT toString(known.day), known.subject, groupArray(known.level), groupArray(known.points_after)
FROM
(
    SELECT
        person, subject, day,
        argMaxIf(level, week, last_day <= day) AS level,
        maxIf(scores, last_day <= day) AS scores,
        maxIf(last_day, last_day <= day) AS newest,
        sumIf(observations, week > day AND last_day <= day + 7 * {after:UInt8}) AS after,
        sumIf(points * observations, week > day AND last_day <= day + 7 * {after:UInt8}) / after
            AS points_after
    FROM
    (
        SELECT
            person, subject, week, level, scores, last_day, observations, points,
            arrayJoin(arrayFilter(
                each -> week BETWEEN each - 7 * {fresh:UInt8} - 6 AND each + 7 * {after:UInt8},
                arrayMap(each -> toDate32(each), {days:Array(String)})
            )) AS day
        FROM {database:Identifier}.person_level_weeks FINAL
        WHERE store = {store:String}
          AND week BETWEEN toDate32(arrayMin({days:Array(String)})) - 7 * {fresh:UInt8} - 6
                       AND toDate32(arrayMax({days:Array(String)})) + 7 * {after:UInt8}
    )
    GROUP BY person, subject, day
    HAVING scores >= {enough:UInt32} AND newest >= day - 7 * {fresh:UInt8} AND after > 0
) AS known
GLOBAL INNER JOIN
(
    SELECT person, day
    FROM
    (
        SELECT
            person, begin, end,
            arrayJoin(arrayMap(each -> toDate32(each), {days:Array(String)})) AS day
        FROM (
--include placements
        )
    )
    WHERE day BETWEEN begin AND end
) AS placed ON placed.person = known.person AND placed.day = known.day
GROUP BY known.day, known.subject
ORDER BY known.day, known.subject
