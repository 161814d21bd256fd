-- The persons that some accounts belong to, of those that belong to another than themselves.
SELECT account, person
FROM {database:Identifier}.identities FINAL
WHERE store = {store:String} AND account IN {accounts:Array(String)}
