-- How well some persons, or all of a store, master each knowledge point: those with enough tries.
SELECT knowledge_point, avg(probability), count()
FROM {database:Identifier}.person_mastery FINAL
WHERE store = {store:String}
  AND ({is_everyone:UInt8} = 1 OR person IN {persons:Array(String)})
  AND ({subject:String} = '' OR subject = {subject:String})
  AND tries >= {least_tries:UInt32}
GROUP BY knowledge_point
