-- A person's activity by day and phase.
SELECT toString(day), phase, actions, answers, correct, seconds
FROM {database:Identifier}.person_days FINAL
WHERE store = {store:String} AND person = {person:String}
ORDER BY day, indexOf(['pre', 'in', 'post', ''], phase)
