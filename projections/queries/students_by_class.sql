-- The class of every student of a store on a day, the administrative class before any other, by the
-- person whom the roster's account belongs to.
SELECT
    coalesce(nullIf(links.person, ''), enrolled.account) AS student,
    enrolled.class_group, classes.title, classes.grade, classes.stage
FROM
(
    SELECT person AS account, class_group, is_primary, begin
    FROM {database:Identifier}.roster_enrollments FINAL
    WHERE store = {store:String} AND role = 'student' AND {on:Date32} BETWEEN begin AND end
) AS enrolled
GLOBAL LEFT JOIN
(
    SELECT class_group, title, type, grade, stage
    FROM {database:Identifier}.roster_classes FINAL
    WHERE store = {store:String}
) AS classes ON classes.class_group = enrolled.class_group
GLOBAL LEFT JOIN
(
    SELECT account, person
    FROM {database:Identifier}.identities FINAL
    WHERE store = {store:String}
) AS links ON links.account = enrolled.account
ORDER BY
    student, classes.type = 'homeroom' DESC, enrolled.is_primary DESC, enrolled.begin DESC,
    enrolled.class_group
LIMIT 1 BY student
