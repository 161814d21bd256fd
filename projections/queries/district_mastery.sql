-- How far students are on the average of their known points, by school, stage and subject.
SELECT
    placed.school, placed.stage, known.subject,
    count() AS students, avg(known.mastery), ifNotFinite(varSamp(known.mastery), 0),
    toUInt64(sum(known.points))
FROM
(
    SELECT person, subject, avg(probability) AS mastery, count() AS points
    FROM {database:Identifier}.person_mastery FINAL
    WHERE store = {store:String} AND tries >= {enough:UInt32}
    GROUP BY person, subject
) AS known
GLOBAL INNER JOIN
(
    SELECT person, school, stage FROM (
--include placements
    )
    WHERE {on:Date32} BETWEEN begin AND end
) AS placed ON placed.person = known.person
GROUP BY placed.school, placed.stage, known.subject
ORDER BY known.subject, placed.stage, placed.school
