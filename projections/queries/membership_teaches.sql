-- The classes that a person teaches on a day, or taught on some day of a term that the day is in.
WITH taught AS
(
    SELECT class_group, begin, end
    FROM {database:Identifier}.roster_enrollments FINAL
    WHERE store = {store:String} AND role = 'teacher' AND person IN {persons:Array(String)}
      AND begin <= {on:Date32}
)
SELECT DISTINCT taught.class_group AS class_group
FROM taught
LEFT JOIN
(
    SELECT class_group, arrayJoin(sessions) AS session
    FROM {database:Identifier}.roster_classes FINAL
    WHERE store = {store:String}
) AS classes ON classes.class_group = taught.class_group
LEFT JOIN
(
    SELECT session, begin, end
    FROM {database:Identifier}.roster_sessions FINAL
    WHERE store = {store:String} AND {on:Date32} BETWEEN begin AND end
) AS terms ON terms.session = classes.session
WHERE taught.end >= {on:Date32}
   OR (terms.session != '' AND taught.end >= terms.begin)
ORDER BY class_group
