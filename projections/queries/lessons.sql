-- A page of the lessons of a store, the newest first: each with when it began, its first act in class or
-- else its first act. Of some classes, teachers, a subject, or days, where any are named.
--
-- All versions of a fact are of the same lesson and time, so FINAL isn't needed to find lessons:
-- those of statements that were voided are left out by name. It would cost ten times as much.
SELECT lesson, toUnixTimestamp64Micro(begins)
FROM
(
    SELECT lesson, if(countIf(phase = 'in') > 0, minIf(time, phase = 'in'), min(time)) AS begins
    FROM {database:Identifier}.facts
    WHERE store = {store:String} AND lesson != '' AND NOT is_deleted
      AND statement GLOBAL NOT IN
      (
          SELECT statement FROM {database:Identifier}.facts
          WHERE store = {store:String} AND is_deleted
      )
    GROUP BY lesson
    HAVING (empty({classes:Array(String)}) OR countIf(has({classes:Array(String)}, class_group)) > 0)
       AND ({subject:String} = '' OR countIf(subject = {subject:String}) > 0)
       AND (
           empty({teachers:Array(String)})
           OR countIf(
               has({teachers:Array(String)}, person) AND has({teaching:Array(String)}, action)
               OR has({teachers:Array(String)}, counterpart) AND has({learning:Array(String)}, action)
           ) > 0
       )
       AND begins >= fromUnixTimestamp64Micro({from:Int64}) AND begins < fromUnixTimestamp64Micro({to:Int64})
)
WHERE (begins, lesson) < (fromUnixTimestamp64Micro({before:Int64}), {before_lesson:String})
ORDER BY begins DESC, lesson DESC
LIMIT {limit:UInt32}
