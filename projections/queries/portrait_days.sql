-- A person's activity by day and phase, in any order.
SELECT
    toString(day), phase, toUInt64(sum(actions)), toUInt64(sum(answers)), toUInt64(sum(correct)),
    sum(seconds)
FROM {database:Identifier}.person_days FINAL
WHERE store = {store:String} AND person = {person:String}
GROUP BY day, phase
