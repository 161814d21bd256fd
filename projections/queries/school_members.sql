-- The students whom a school has or had, with the days that they were placed in it.
SELECT person, toString(begin), toString(end)
FROM (
--include placements
)
WHERE school = {school:String}
