-- The schools of a store with how many classes, students and teachers they have on a day.
SELECT schools.org, schools.name, schools.parent, schools.identifier,
       classes.classes, people.students, people.teachers
FROM
(
    SELECT org, name, parent, identifier
    FROM {database:Identifier}.roster_orgs FINAL
    WHERE store = {store:String} AND type = 'school'
) AS schools
LEFT JOIN
(
    SELECT school,
           uniqExactIf(person, role = 'student') AS students,
           uniqExactIf(person, role = 'teacher') AS teachers
    FROM {database:Identifier}.roster_enrollments FINAL
    WHERE store = {store:String} AND {on:Date32} BETWEEN begin AND end
    GROUP BY school
) AS people ON people.school = schools.org
LEFT JOIN
(
    SELECT school, count() AS classes
    FROM {database:Identifier}.roster_classes FINAL
    WHERE store = {store:String} AND until >= {on:Date32}
    GROUP BY school
) AS classes ON classes.school = schools.org
ORDER BY schools.name, schools.org
