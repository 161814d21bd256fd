-- The classes that a person is in on a day, in a role.
SELECT DISTINCT class_group
FROM {database:Identifier}.roster_enrollments FINAL
WHERE store = {store:String} AND person = {person:String} AND role = {role:String}
  AND {on:Date32} BETWEEN begin AND end
ORDER BY class_group
