-- The accounts that are linked to some persons.
SELECT account, person
FROM {database:Identifier}.identities FINAL
WHERE store = {store:String} AND person IN {persons:Array(String)}
