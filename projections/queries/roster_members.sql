-- Who is in a class on a day, in a role; the name is the roster's, else what statements call them.
SELECT enrolled.person, enrolled.user, coalesce(nullIf(users.name, ''), named.name), enrolled.role,
       enrolled.is_primary = 1, toString(enrolled.begin), toString(enrolled.end)
FROM
(
    SELECT person, user, role, is_primary, begin, end
    FROM {database:Identifier}.roster_enrollments FINAL
    WHERE store = {store:String} AND class_group = {class_group:String} AND role = {role:String}
      AND {on:Date32} BETWEEN begin AND end
    ORDER BY begin
    LIMIT 1 BY person
) AS enrolled
LEFT JOIN
(
    SELECT user, name FROM {database:Identifier}.roster_users FINAL WHERE store = {store:String}
) AS users ON users.user = enrolled.user
LEFT JOIN
(
    SELECT subject, tupleElement(max(latest), 'name') AS name
    FROM {database:Identifier}.names
    WHERE store = {store:String} AND language = ''
    GROUP BY subject
) AS named ON named.subject = enrolled.person
ORDER BY 3, enrolled.person
