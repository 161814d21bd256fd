-- Whose an account is, if it is another person's.
SELECT person
FROM {database:Identifier}.identities FINAL
WHERE store = {store:String} AND account = {account:String}
