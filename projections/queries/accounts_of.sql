-- The accounts that are linked to a person.
SELECT account
FROM {database:Identifier}.identities FINAL
WHERE store = {store:String} AND person = {person:String}
ORDER BY account
