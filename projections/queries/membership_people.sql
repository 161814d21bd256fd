-- The persons who are in classes on a day in a role, as who the roster's own accounts belong to.
SELECT DISTINCT coalesce(nullIf(links.person, ''), enrolled.person) AS person
FROM
(
    SELECT DISTINCT person
    FROM {database:Identifier}.roster_enrollments FINAL
    WHERE store = {store:String} AND class_group IN {names:Array(String)} AND role = {role:String}
      AND {on:Date32} BETWEEN begin AND end
) AS enrolled
LEFT JOIN
(
    SELECT account, person FROM {database:Identifier}.identities FINAL
    WHERE store = {store:String}
) AS links ON links.account = enrolled.person
ORDER BY person
