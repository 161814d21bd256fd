-- What students did in the weeks since `recent` and in those before it since `earliest`: each of
-- some, or of all who did anything.
SELECT
    person,
    toUInt64(sumIf(actions, week >= {recent:Date32})),
    toUInt64(sumIf(answers, week >= {recent:Date32})),
    toUInt64(sumIf(correct, week >= {recent:Date32})),
    toUInt64(sumIf(due, week >= {recent:Date32})),
    toUInt64(sumIf(on_time, week >= {recent:Date32})),
    toUInt64(sumIf(actions, week < {recent:Date32})),
    toUInt64(sumIf(answers, week < {recent:Date32})),
    toUInt64(sumIf(correct, week < {recent:Date32})),
    toString(max(last_day))
FROM {database:Identifier}.person_weeks FINAL
WHERE store = {store:String} AND week BETWEEN {earliest:Date32} AND {on:Date32}
  AND ({is_everyone:UInt8} = 1 OR person IN {persons:Array(String)})
GROUP BY person
