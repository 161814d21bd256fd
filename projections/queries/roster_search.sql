-- A page of the roster's people on a day by name: of a role, or whose name or key holds a text.
SELECT person, user, name, role, grades, orgs, enabled, toString(until)
FROM {database:Identifier}.roster_users FINAL
WHERE store = {store:String}
  AND until >= {on:Date32}
  AND ({role:String} = '' OR role = {role:String})
  AND (
      {search:String} = ''
      OR positionCaseInsensitiveUTF8(name, {search:String}) > 0
      OR positionCaseInsensitiveUTF8(person, {search:String}) > 0
  )
  AND (name, user) > ({after_name:String}, {after_user:String})
ORDER BY name, user
LIMIT {limit:UInt32}
