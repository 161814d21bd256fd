-- A person's enrollments of all days, the newest first, with what the roster says of their classes.
SELECT enrolled.enrollment, enrolled.class_group, classes.title, classes.type, enrolled.school,
       orgs.name, enrolled.role, enrolled.is_primary = 1, classes.grade, classes.stage,
       classes.subjects, toString(enrolled.begin), toString(enrolled.end)
FROM
(
    SELECT enrollment, class_group, school, role, is_primary, begin, end
    FROM {database:Identifier}.roster_enrollments FINAL
    WHERE store = {store:String} AND person = {person:String}
) AS enrolled
LEFT JOIN
(
    SELECT class_group, title, type, grade, stage, subjects
    FROM {database:Identifier}.roster_classes FINAL
    WHERE store = {store:String}
) AS classes ON classes.class_group = enrolled.class_group
LEFT JOIN
(
    SELECT org, name FROM {database:Identifier}.roster_orgs FINAL WHERE store = {store:String}
) AS orgs ON orgs.org = enrolled.school
ORDER BY enrolled.begin DESC, enrolled.enrollment
