-- How many points of each student are known well enough, and how many of them have fallen: where the
-- best that was reached at the end of an earlier week lies above the interval of today.
SELECT person, toUInt64(count()), toUInt64(countIf(best > high))
FROM {database:Identifier}.person_mastery FINAL
WHERE store = {store:String} AND tries >= {enough:UInt32}
  AND ({is_everyone:UInt8} = 1 OR person IN {persons:Array(String)})
GROUP BY person
