-- A page of the lessons of a store, the newest first: each with when it began, its first act in class or
-- else its first act, as far as facts of these classes, of this subject and of this teacher tell, where
-- any are named. Limited, they are the lessons of some classes, or by some teachers.
--
-- All versions of a fact are of the same lesson and time, so that most lessons are found without FINAL,
-- which costs ten times as much: only those from which a statement was voided need it.
SELECT lesson, toUnixTimestamp64Micro(begins)
FROM
(
    SELECT lesson, if(countIf(phase = 'in') > 0, minIf(time, phase = 'in'), min(time)) AS begins
    FROM {database:Identifier}.facts
    WHERE store = {store:String} AND lesson != ''
      AND (empty({classes:Array(String)}) OR class_group IN {classes:Array(String)})
      AND ({subject:String} = '' OR subject = {subject:String})
      AND (
          empty({teachers:Array(String)})
          OR person IN {teachers:Array(String)} AND action IN {teaching:Array(String)}
          OR counterpart IN {teachers:Array(String)} AND action IN {learning:Array(String)}
      )
      AND (
          {is_limited:UInt8} = 0
          OR class_group IN {own_classes:Array(String)}
          OR person IN {own_teachers:Array(String)} AND action IN {teaching:Array(String)}
          OR counterpart IN {own_teachers:Array(String)} AND action IN {learning:Array(String)}
      )
      AND lesson GLOBAL NOT IN
      (
          SELECT lesson FROM {database:Identifier}.facts
          WHERE store = {store:String} AND is_deleted
      )
    GROUP BY lesson
    UNION ALL
    SELECT lesson, if(countIf(phase = 'in') > 0, minIf(time, phase = 'in'), min(time)) AS begins
    FROM {database:Identifier}.facts FINAL
    WHERE store = {store:String} AND lesson != ''
      AND (empty({classes:Array(String)}) OR class_group IN {classes:Array(String)})
      AND ({subject:String} = '' OR subject = {subject:String})
      AND (
          empty({teachers:Array(String)})
          OR person IN {teachers:Array(String)} AND action IN {teaching:Array(String)}
          OR counterpart IN {teachers:Array(String)} AND action IN {learning:Array(String)}
      )
      AND (
          {is_limited:UInt8} = 0
          OR class_group IN {own_classes:Array(String)}
          OR person IN {own_teachers:Array(String)} AND action IN {teaching:Array(String)}
          OR counterpart IN {own_teachers:Array(String)} AND action IN {learning:Array(String)}
      )
      AND lesson GLOBAL IN
      (
          SELECT lesson FROM {database:Identifier}.facts
          WHERE store = {store:String} AND is_deleted
      )
    GROUP BY lesson
)
WHERE begins >= fromUnixTimestamp64Micro({from:Int64})
  AND begins < fromUnixTimestamp64Micro({to:Int64})
  AND (begins, lesson) < (fromUnixTimestamp64Micro({before:Int64}), {before_lesson:String})
ORDER BY begins DESC, lesson DESC
LIMIT {limit:UInt32}
SETTINGS use_skip_indexes_if_final = 1, use_skip_indexes_if_final_exact_mode = 1
