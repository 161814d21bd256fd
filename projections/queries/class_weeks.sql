-- What the students of a class did while they were in it, by week, phase and subject. Who was in it
-- on some of these days only stands in `partly` too, once for each time, with the days of it.
SELECT
    person, toString(toMonday(day)) AS week, phase, subject,
    toUInt64(sum(actions)), toUInt64(sum(answers)), toUInt64(sum(correct)),
    sum(seconds), toUInt64(sum(due)), toUInt64(sum(on_time)), toString(max(day))
FROM {database:Identifier}.person_days FINAL
WHERE store = {store:String} AND person IN {persons:Array(String)}
  AND day BETWEEN {first_day:Date32} AND {last_day:Date32}
  AND ({subject:String} = '' OR subject = {subject:String})
  AND (
      NOT has({partly:Array(String)}, person)
      OR arrayExists(
          (who, begin, end) -> who = person AND day BETWEEN begin AND end,
          {partly:Array(String)}, {begins:Array(Date32)}, {ends:Array(Date32)}
      )
  )
GROUP BY person, week, phase, subject
