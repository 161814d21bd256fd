-- The persons who are or were students of a class, with their days in it. Part of other queries.
SELECT person, begin, end
FROM {database:Identifier}.roster_enrollments FINAL
WHERE store = {store:String} AND class_group = {class_group:String} AND role = 'student'
