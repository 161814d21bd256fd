-- The schools that a person belongs to on a day: orgs of the user, and schools of enrollments.
SELECT DISTINCT school
FROM
(
    SELECT arrayJoin(orgs) AS school
    FROM {database:Identifier}.roster_users FINAL
    WHERE store = {store:String} AND person IN {persons:Array(String)} AND until >= {on:Date32}
    UNION ALL
    SELECT school
    FROM {database:Identifier}.roster_enrollments FINAL
    WHERE store = {store:String} AND person IN {persons:Array(String)}
      AND {on:Date32} BETWEEN begin AND end
)
WHERE school GLOBAL IN
(
    SELECT org FROM {database:Identifier}.roster_orgs FINAL
    WHERE store = {store:String} AND type = 'school'
)
ORDER BY school
