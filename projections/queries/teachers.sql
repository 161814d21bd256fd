-- What every account did as a teacher, of those that did more as a teacher than as a learner: how often
-- each action, and in which weeks, by their Mondays.
SELECT person, action, toUInt64(count()),
       groupUniqArray(toString(toMonday(toDate32(time, {timezone:String}))))
FROM {database:Identifier}.facts FINAL
WHERE store = {store:String}
  AND person GLOBAL IN
  (
      SELECT person FROM {database:Identifier}.facts
      WHERE store = {store:String} AND action IN arrayConcat({teaching:Array(String)}, {learning:Array(String)})
      GROUP BY person
      HAVING countIf(action IN {teaching:Array(String)}) > countIf(action IN {learning:Array(String)})
  )
  AND action IN {acts:Array(String)}
GROUP BY person, action
