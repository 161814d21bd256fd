-- A person's levels at the ends of weeks up to a day, the oldest first; of one subject or all.
SELECT subject, toString(week), level, variance, freedom, squares, scores, toString(last_day), observations, points
FROM {database:Identifier}.person_level_weeks FINAL
WHERE store = {store:String} AND person = {person:String} AND last_day <= {until:Date32}
  AND ({subject:String} = '' OR subject = {subject:String})
ORDER BY subject, week
