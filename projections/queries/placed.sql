-- The students who are placed in a school or class on a day, or in any.
SELECT person, class_group, school
FROM (
--include placements
)
WHERE {on:Date32} BETWEEN begin AND end
  AND ({school:String} = '' OR school = {school:String})
  AND ({class_group:String} = '' OR class_group = {class_group:String})
