-- The mastery of every knowledge point of some students, with the best it was at an earlier week's end.
SELECT person, knowledge_point, subject, probability, low, high, tries, successes, best
FROM {database:Identifier}.person_mastery FINAL
WHERE store = {store:String} AND person IN {persons:Array(String)}
