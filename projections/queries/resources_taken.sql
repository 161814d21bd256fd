-- Who else took up some resources: adopted, re-created or used them.
SELECT item, person
FROM {database:Identifier}.facts FINAL
WHERE store = {store:String} AND item IN {items:Array(String)} AND action IN {taking:Array(String)}
  AND person NOT IN {accounts:Array(String)}
  AND person GLOBAL IN
  (
      SELECT person FROM {database:Identifier}.facts
      WHERE store = {store:String} AND item IN {items:Array(String)}
        AND action IN {taking:Array(String)}
  )
GROUP BY item, person
