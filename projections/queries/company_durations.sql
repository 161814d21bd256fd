-- How long some persons' answers took by the layer of homework: the median, and of how many answers.
SELECT layer, quantileExact(0.5)(assumeNotNull(duration)), count()
FROM {database:Identifier}.facts FINAL
WHERE store = {store:String} AND person IN {persons:Array(String)}
  AND action = 'answer' AND duration > 0 AND layer IN {layers:Array(String)}
GROUP BY layer
