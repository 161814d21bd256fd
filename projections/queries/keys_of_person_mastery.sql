-- The knowledge points for which some persons have rows.
SELECT store, person, knowledge_point
FROM {database:Identifier}.person_mastery FINAL
WHERE store = {store:String} AND person IN {persons:Array(String)}
