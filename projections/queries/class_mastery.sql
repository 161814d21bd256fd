-- The mastery of every knowledge point of those who are in a class on a day.
SELECT person, knowledge_point, subject, probability, low, high, tries, successes
FROM {database:Identifier}.person_mastery FINAL
WHERE store = {store:String} AND ({subject:String} = '' OR subject = {subject:String})
  AND person GLOBAL IN (
      SELECT person FROM (
--include class_members
      )
      WHERE {on:Date32} BETWEEN begin AND end
  )
