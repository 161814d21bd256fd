-- What students did, by week and school; a week counts for the school of its last active day.
SELECT
    placed.school, toString(weeks.week), toUInt64(uniqExact(weeks.person)),
    toUInt64(sum(weeks.actions)), toUInt64(sum(weeks.before)), toUInt64(sum(weeks.during)),
    toUInt64(sum(weeks.after)), toUInt64(sum(weeks.answers)), toUInt64(sum(weeks.correct)),
    sum(weeks.seconds), toUInt64(sum(weeks.due)), toUInt64(sum(weeks.on_time))
FROM
(
    SELECT
        person, week, actions, before, during, after, answers, correct, seconds, due, on_time,
        last_day
    FROM {database:Identifier}.person_weeks FINAL
    WHERE store = {store:String} AND week BETWEEN {first_day:Date32} AND {last_day:Date32}
) AS weeks
GLOBAL INNER JOIN
(
    SELECT person, school, begin, end FROM (
--include placements
    )
    WHERE {school:String} = '' OR school = {school:String}
) AS placed ON placed.person = weeks.person
WHERE weeks.last_day BETWEEN placed.begin AND placed.end
GROUP BY placed.school, weeks.week
ORDER BY weeks.week, placed.school
