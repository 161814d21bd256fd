-- Which of some persons there is or was any row of, however far the writing of them came: the rows
-- of days are the first that are written of anybody, and of whom nothing is left those of persons.
SELECT store, person
FROM {database:Identifier}.person_days
WHERE (store, person) IN (
    SELECT untuple(arrayJoin(arrayZip({stores:Array(String)}, {persons:Array(String)})))
)
UNION DISTINCT
SELECT store, person
FROM {database:Identifier}.persons
WHERE (store, person) IN (
    SELECT untuple(arrayJoin(arrayZip({stores:Array(String)}, {persons:Array(String)})))
)
