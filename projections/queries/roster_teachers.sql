-- Who teaches a class on a day, with the roster's name, and the schools of these classes. A person is who
-- the roster's own account belongs to.
SELECT coalesce(nullIf(links.person, ''), enrolled.account) AS teacher,
       max(users.name), arraySort(groupUniqArrayIf(enrolled.school, enrolled.school != ''))
FROM
(
    SELECT person AS account, user, school
    FROM {database:Identifier}.roster_enrollments FINAL
    WHERE store = {store:String} AND role = 'teacher' AND {on:Date32} BETWEEN begin AND end
) AS enrolled
GLOBAL LEFT JOIN
(
    SELECT user, name FROM {database:Identifier}.roster_users FINAL
    WHERE store = {store:String}
) AS users ON users.user = enrolled.user
GLOBAL LEFT JOIN
(
    SELECT account, person FROM {database:Identifier}.identities FINAL
    WHERE store = {store:String}
) AS links ON links.account = enrolled.account
GROUP BY teacher
