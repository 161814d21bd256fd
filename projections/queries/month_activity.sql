-- Who was active in a month, by school and app; it counts for the school of the last active day.
SELECT
    placed.school, days.app, toUInt64(uniqExact(days.person)), toUInt64(sum(days.actions)),
    toUInt64(sum(days.active))
FROM
(
    SELECT person, app, sum(actions) AS actions, uniqExact(day) AS active, max(day) AS last_day
    FROM {database:Identifier}.person_days FINAL
    WHERE store = {store:String} AND day BETWEEN {first_day:Date32} AND {last_day:Date32}
    GROUP BY person, app
) AS days
GLOBAL LEFT JOIN
(
    SELECT person, school, begin, end FROM (
--include placements
    )
) AS placed ON placed.person = days.person
WHERE placed.person = '' OR days.last_day BETWEEN placed.begin AND placed.end
GROUP BY placed.school, days.app
WITH CUBE
