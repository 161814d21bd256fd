-- The classes of a store, or of one of its schools, on a day, with how many are in them; not those
-- that begin later, as all their enrollments do.
SELECT classes.class_group, classes.title, classes.code, classes.type, classes.course,
       classes.school, orgs.name, classes.grade, classes.stage, classes.subjects, classes.sessions,
       people.students, people.teachers
FROM
(
    SELECT class_group, title, code, type, course, school, grade, stage, subjects, sessions
    FROM {database:Identifier}.roster_classes FINAL
    WHERE store = {store:String} AND ({school:String} = '' OR school = {school:String})
      AND until >= {on:Date32}
) AS classes
LEFT JOIN
(
    SELECT class_group,
           uniqExactIf(person, role = 'student' AND end >= {on:Date32}) AS students,
           uniqExactIf(person, role = 'teacher' AND end >= {on:Date32}) AS teachers,
           count() AS enrollments
    FROM {database:Identifier}.roster_enrollments FINAL
    WHERE store = {store:String} AND begin <= {on:Date32}
    GROUP BY class_group
) AS people ON people.class_group = classes.class_group
LEFT JOIN
(
    SELECT org, name FROM {database:Identifier}.roster_orgs FINAL WHERE store = {store:String}
) AS orgs ON orgs.org = classes.school
WHERE people.enrollments > 0
   OR classes.class_group NOT IN
   (
       SELECT class_group FROM {database:Identifier}.roster_enrollments FINAL
       WHERE store = {store:String}
   )
ORDER BY orgs.name, classes.school, classes.grade, classes.title, classes.class_group
