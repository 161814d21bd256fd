-- A person's mastery of every knowledge point there is evidence of, in any order.
SELECT
    knowledge_point, subject, mean, variance, probability, low, high, tries, successes,
    toUnixTimestamp64Micro(last_time)
FROM {database:Identifier}.person_mastery FINAL
WHERE store = {store:String} AND person = {person:String}
