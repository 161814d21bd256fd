-- How many responses of a store mastery is folded from.
SELECT count()
FROM {database:Identifier}.facts FINAL
WHERE store = {store:String} AND action IN {answers:Array(String)}
  AND success IS NOT NULL AND notEmpty(knowledge_points)
  AND toUnixTimestamp64Micro(time) <= {until:Int64}
