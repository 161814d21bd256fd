-- A person's mastery as it was at the ends of weeks, the oldest first.
SELECT knowledge_point, toString(week), probability, low, high, tries, successes
FROM {database:Identifier}.person_mastery_weeks FINAL
WHERE store = {store:String} AND person = {person:String}
ORDER BY knowledge_point, week
