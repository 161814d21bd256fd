-- A person's activity by day and phase, in any order.
SELECT toString(day), phase, actions, answers, correct, seconds
FROM {database:Identifier}.person_days FINAL
WHERE store = {store:String} AND person = {person:String}
