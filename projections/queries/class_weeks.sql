-- What the students of a class did while they were in it, by week, phase and subject.
SELECT
    days.person, toString(toMonday(days.day)) AS week, days.phase, days.subject,
    toUInt64(sum(days.actions)), toUInt64(sum(days.answers)), toUInt64(sum(days.correct)),
    sum(days.seconds), toUInt64(sum(days.due)), toUInt64(sum(days.on_time)),
    toUInt64(uniqExact(days.day)), toString(max(days.day))
FROM
(
    SELECT person, day, phase, subject, actions, answers, correct, seconds, due, on_time
    FROM {database:Identifier}.person_days FINAL
    WHERE store = {store:String} AND day BETWEEN {first_day:Date32} AND {last_day:Date32}
      AND ({subject:String} = '' OR subject = {subject:String})
      AND person GLOBAL IN (
          SELECT person FROM (
--include class_members
          )
      )
) AS days
GLOBAL INNER JOIN
(
--include class_members
) AS members ON members.person = days.person
WHERE days.day BETWEEN members.begin AND members.end
GROUP BY days.person, week, days.phase, days.subject
