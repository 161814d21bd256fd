-- Who is in a class on a day, in a role; the name is the roster's, else what statements call them. A
-- person is who the roster's own account belongs to.
WITH enrolled AS
(
    SELECT person, user, role, is_primary, begin, end
    FROM {database:Identifier}.roster_enrollments FINAL
    WHERE store = {store:String} AND class_group = {class_group:String} AND role = {role:String}
      AND {on:Date32} BETWEEN begin AND end
    ORDER BY begin
    LIMIT 1 BY person
)
SELECT coalesce(nullIf(links.person, ''), enrolled.person) AS person, enrolled.user,
       coalesce(nullIf(users.name, ''), named.name), enrolled.role,
       enrolled.is_primary = 1, toString(enrolled.begin), toString(enrolled.end)
FROM enrolled
LEFT JOIN
(
    SELECT user, name FROM {database:Identifier}.roster_users FINAL
    WHERE store = {store:String} AND user GLOBAL IN (SELECT user FROM enrolled)
) AS users ON users.user = enrolled.user
LEFT JOIN
(
    SELECT subject, tupleElement(max(latest), 'name') AS name
    FROM {database:Identifier}.names
    WHERE store = {store:String} AND language = ''
      AND subject GLOBAL IN (SELECT person FROM enrolled)
    GROUP BY subject
) AS named ON named.subject = enrolled.person
LEFT JOIN
(
    SELECT account, person FROM {database:Identifier}.identities FINAL
    WHERE store = {store:String}
) AS links ON links.account = enrolled.person
ORDER BY 3, person
