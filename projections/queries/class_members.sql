-- The persons who are or were students of a class, with their days in it: as who the roster's own
-- accounts belong to.
SELECT coalesce(nullIf(links.person, ''), enrolled.person) AS person,
       toString(enrolled.begin), toString(enrolled.end)
FROM
(
    SELECT person, begin, end
    FROM {database:Identifier}.roster_enrollments FINAL
    WHERE store = {store:String} AND class_group = {class_group:String} AND role = 'student'
) AS enrolled
GLOBAL LEFT JOIN
(
    SELECT account, person
    FROM {database:Identifier}.identities FINAL
    WHERE store = {store:String}
) AS links ON links.account = enrolled.person
