-- What each of some persons, or of all of a store, did within some days, in one subject or all.
SELECT
    person,
    toUInt64(sumIf(actions, phase = 'pre')),
    toUInt64(sumIf(actions, phase = 'in')),
    toUInt64(sumIf(actions, phase = 'post')),
    toUInt64(sum(answers)),
    toUInt64(sum(correct)),
    toUInt64(sum(due)),
    toUInt64(sum(on_time)),
    sum(seconds)
FROM {database:Identifier}.person_days FINAL
WHERE store = {store:String}
  AND ({is_everyone:UInt8} = 1 OR person IN {persons:Array(String)})
  AND day BETWEEN {first:Date32} AND {last:Date32}
  AND ({subject:String} = '' OR subject = {subject:String})
GROUP BY person
