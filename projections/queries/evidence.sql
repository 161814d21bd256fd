-- The facts that a figure rests on, of some accounts or of anyone's, the newest first, by page.
-- Empty parameters ask for nothing; of several texts one has to be it, '' for facts that don't say it.
SELECT
    toString(statement), ordinal, person, action, phase, lesson, course, subject, knowledge_points,
    item, verb, app, class_group, school, toUnixTimestamp64Micro(time), duration, success,
    completion, score, rating, response, layer, part_of, counterpart, progress,
    toUnixTimestamp64Micro(due)
FROM {database:Identifier}.facts FINAL
WHERE store = {store:String}
  AND ({is_anyones:UInt8} = 1 OR person IN {accounts:Array(String)})
  AND (empty({actions:Array(String)}) OR has({actions:Array(String)}, action))
  AND ({phase:String} = '' OR phase = if({phase:String} = 'none', '', {phase:String}))
  AND (empty({subject:Array(String)}) OR has({subject:Array(String)}, subject))
  AND (empty({lesson:Array(String)}) OR has({lesson:Array(String)}, lesson))
  AND (empty({item:Array(String)}) OR has({item:Array(String)}, item))
  AND (empty({part_of:Array(String)}) OR has({part_of:Array(String)}, part_of))
  AND (empty({course:Array(String)}) OR has({course:Array(String)}, course))
  AND (empty({app:Array(String)}) OR has({app:Array(String)}, app))
  AND (empty({layer:Array(String)}) OR has({layer:Array(String)}, layer))
  AND (empty({knowledge_point:Array(String)})
      OR hasAny(knowledge_points, {knowledge_point:Array(String)}))
  AND (NOT has({known:Array(String)}, 'success') OR success IS NOT NULL)
  AND (NOT has({known:Array(String)}, 'completion') OR completion IS NOT NULL)
  AND (NOT has({known:Array(String)}, 'score') OR score IS NOT NULL)
  AND (NOT has({known:Array(String)}, 'rating') OR rating IS NOT NULL)
  AND (NOT has({known:Array(String)}, 'due') OR due IS NOT NULL)
  AND (NOT has({known:Array(String)}, 'duration') OR duration IS NOT NULL)
  AND (NOT has({known:Array(String)}, 'progress') OR progress IS NOT NULL)
  AND toUnixTimestamp64Micro(time) >= {since:Int64}
  AND toUnixTimestamp64Micro(time) < {until:Int64}
  AND ({least_tries:UInt32} = 0 OR hasAny(
      arrayMap(point -> toString(point), knowledge_points),
      (
          SELECT groupArray(toString(knowledge_point))
          FROM {database:Identifier}.person_mastery FINAL
          WHERE store = {store:String} AND person = {person:String}
            AND tries >= {least_tries:UInt32}
            AND ({points_of:String} = ''
                OR subject = if({points_of:String} = 'none', '', {points_of:String}))
      )))
  AND ({of_statement:String} = '' OR toString(statement) = {of_statement:String})
  AND ({attempts_at:String} = ''
      OR action = 'answer' AND success IS NOT NULL AND item = {attempts_at:String}
      OR action = 'homework_corrected'
          AND (item = {attempts_at:String} OR has({corrected_with:Array(String)}, item)))
  -- Who was in the class or school on some of the days only, with these days.
  AND (
      NOT has({partly:Array(String)}, person)
      OR arrayExists(
          (who, begin, end) ->
              who = person AND toDate32(time, {timezone:String}) BETWEEN begin AND end,
          {partly:Array(String)}, {begins:Array(Date32)}, {ends:Array(Date32)}
      )
  )
  AND ({is_further:UInt8} = 0 OR
      (toUnixTimestamp64Micro(time), statement, ordinal)
      < ({after_time:Int64}, toUUID({after_statement:String}), {after_ordinal:UInt16}))
ORDER BY time DESC, statement DESC, ordinal DESC
LIMIT {limit:UInt32}
-- No version of a fact differs in what the index of lessons holds.
SETTINGS use_skip_indexes_if_final = 1
