-- Where each student of a store belongs on a day, by the person whom the roster's account belongs to.
SELECT
    coalesce(nullIf(links.person, ''), placed.person) AS student,
    placed.class_group, placed.school, placed.stage, placed.grade
FROM
(
    SELECT person, class_group, school, stage, grade, begin FROM (
--include placements
    )
    WHERE {on:Date32} BETWEEN begin AND end
) AS placed
GLOBAL LEFT JOIN
(
    SELECT account, person
    FROM {database:Identifier}.identities FINAL
    WHERE store = {store:String}
) AS links ON links.account = placed.person
ORDER BY student, placed.begin DESC, placed.class_group
LIMIT 1 BY student
