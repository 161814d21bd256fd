-- What the roster says of one class.
SELECT
    classes.title, classes.type, classes.school, orgs.name, classes.grade, classes.stage,
    classes.subjects
FROM
(
    SELECT class_group, title, type, school, grade, stage, subjects
    FROM {database:Identifier}.roster_classes FINAL
    WHERE store = {store:String} AND class_group = {class_group:String}
) AS classes
GLOBAL LEFT JOIN
(
    SELECT org, name FROM {database:Identifier}.roster_orgs FINAL WHERE store = {store:String}
) AS orgs ON orgs.org = classes.school
