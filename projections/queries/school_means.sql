-- How much each student of a school knows who is there on a day: the mean over the points with enough tries.
SELECT person, avg(probability)
FROM {database:Identifier}.person_mastery FINAL
WHERE store = {store:String} AND tries >= {enough:UInt32}
  AND person GLOBAL IN (
--include placed_persons
  )
GROUP BY person
