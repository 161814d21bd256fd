-- How far students are in each knowledge point, by school; of one school if it is named.
SELECT
    known.knowledge_point, known.subject, placed.school,
    count() AS students, avg(known.probability), ifNotFinite(varSamp(known.probability), 0)
FROM
(
    SELECT person, knowledge_point, subject, probability
    FROM {database:Identifier}.person_mastery FINAL
    WHERE store = {store:String} AND tries >= {enough:UInt32}
) AS known
GLOBAL INNER JOIN
(
    SELECT person, school FROM (
--include placements
    )
    WHERE {on:Date32} BETWEEN begin AND end AND ({school:String} = '' OR school = {school:String})
) AS placed ON placed.person = known.person
GROUP BY known.knowledge_point, known.subject, placed.school
