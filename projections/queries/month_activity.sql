-- Who was active in some periods of whole months, by school and app; it counts for the school of the
-- last active day. Periods are counted from 1 and may overlap.
SELECT
    days.period, placed.school, days.app, toUInt64(uniqExact(days.person)),
    toUInt64(sum(days.actions)), toUInt64(sum(days.active))
FROM
(
    SELECT
        period, person, app, sum(actions) AS actions, sum(active) AS active,
        max(last_active) AS last_day
    FROM
    (
        SELECT
            person, app, sum(actions) AS actions, uniqExact(day) AS active, max(day) AS last_active
        FROM {database:Identifier}.person_days FINAL
        WHERE store = {store:String}
          AND day BETWEEN arrayMin({firsts:Array(Date32)}) AND arrayMax({lasts:Array(Date32)})
        GROUP BY person, app, toYYYYMM(day)
    )
    ARRAY JOIN arrayFilter(
        at -> last_active BETWEEN {firsts:Array(Date32)}[at] AND {lasts:Array(Date32)}[at],
        arrayEnumerate({firsts:Array(Date32)})
    ) AS period
    GROUP BY period, person, app
) AS days
GLOBAL LEFT JOIN
(
    SELECT person, school, begin, end FROM (
--include placements
    )
) AS placed ON placed.person = days.person
WHERE placed.person = '' OR days.last_day BETWEEN placed.begin AND placed.end
GROUP BY GROUPING SETS
(
    (days.period, placed.school, days.app), (days.period, placed.school), (days.period, days.app),
    (days.period)
)
