-- The classes of schools that the roster has on a day.
SELECT class_group
FROM {database:Identifier}.roster_classes FINAL
WHERE store = {store:String} AND school IN {names:Array(String)} AND until >= {on:Date32}
ORDER BY class_group
