-- Which of some persons have a row.
SELECT store, person
FROM {database:Identifier}.persons FINAL
WHERE store = {store:String} AND person IN {persons:Array(String)}
