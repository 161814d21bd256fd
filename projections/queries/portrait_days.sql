-- A person's activity by day, phase and subject, in any order.
SELECT
    toString(day), phase, subject, toUInt64(sum(actions)), toUInt64(sum(answers)),
    toUInt64(sum(correct)), sum(seconds), toUInt64(sum(due)), toUInt64(sum(on_time))
FROM {database:Identifier}.person_days FINAL
WHERE store = {store:String} AND person = {person:String}
GROUP BY day, phase, subject
