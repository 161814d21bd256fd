-- How often a person, by all their accounts, did what only teachers do, and what learners do.
SELECT countIf(action IN {teaching:Array(String)}), countIf(action IN {learning:Array(String)})
FROM {database:Identifier}.facts FINAL
WHERE store = {store:String} AND person IN {accounts:Array(String)}
