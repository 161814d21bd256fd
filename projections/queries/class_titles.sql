-- What the roster calls some classes.
SELECT class_group, title
FROM {database:Identifier}.roster_classes FINAL
WHERE store = {store:String} AND class_group IN {classes:Array(String)}
