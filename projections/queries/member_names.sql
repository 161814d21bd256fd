-- What some people of the roster are called: by the roster, by user, and by statements, by account.
SELECT 'user' AS what, user AS id, name
FROM {database:Identifier}.roster_users FINAL
WHERE store = {store:String} AND user IN {users:Array(String)}
UNION ALL
SELECT 'account', subject, tupleElement(max(latest), 'name')
FROM {database:Identifier}.names
WHERE store = {store:String} AND language = '' AND subject IN {accounts:Array(String)}
GROUP BY subject
