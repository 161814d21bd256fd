-- The users of the roster that are these persons: the one that stood in it longest first.
SELECT person, user, name, role, grades, orgs, enabled, toString(until)
FROM {database:Identifier}.roster_users FINAL
WHERE store = {store:String} AND person IN {persons:Array(String)}
ORDER BY until DESC, user
