-- How long the students of a school spent after class (phase `post`), by student, class and week, while
-- they were there.
SELECT placed.class_group, days.person, toString(days.week), sum(days.seconds)
FROM
(
    SELECT person, day, toMonday(day) AS week, sum(seconds) AS seconds
    FROM {database:Identifier}.person_days FINAL
    WHERE store = {store:String} AND phase = 'post'
      AND day BETWEEN {first_day:Date32} AND {last_day:Date32}
      AND person GLOBAL IN (
          SELECT person FROM (
--include placements
          )
          WHERE school = {school:String}
      )
    GROUP BY person, day
) AS days
GLOBAL INNER JOIN
(
    SELECT person, class_group, begin, end FROM (
--include placements
    )
    WHERE school = {school:String}
) AS placed ON placed.person = days.person
WHERE days.day BETWEEN placed.begin AND placed.end
GROUP BY placed.class_group, days.person, days.week
