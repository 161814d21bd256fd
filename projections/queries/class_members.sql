-- The students that a class has or had, with their days in it: as who the roster's own accounts
-- belong to.
SELECT coalesce(nullIf(links.person, ''), enrolled.account) AS person, enrolled.account,
       enrolled.user, enrolled.is_primary = 1, toString(enrolled.begin), toString(enrolled.end),
       enrolled.school
FROM
(
    SELECT person AS account, user, is_primary, begin, end, school
    FROM {database:Identifier}.roster_enrollments FINAL
    WHERE store = {store:String} AND class_group = {class_group:String} AND role = 'student'
) AS enrolled
GLOBAL LEFT JOIN
(
    SELECT account, person
    FROM {database:Identifier}.identities FINAL
    WHERE store = {store:String}
) AS links ON links.account = enrolled.account
ORDER BY enrolled.begin
