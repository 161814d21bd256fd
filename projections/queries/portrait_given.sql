-- What a person was given, and watched, within some days: ratings by whose they are and indicator,
-- badges one by one, videos by item; and how many answers there ever were to some knowledge points.
-- One question, because finding and merging a person's facts costs more than what is done with them.
SELECT
    action,
    if(action = 'badge_earned', toString(statement), '') AS badge,
    if(startsWith(action, 'rating_') OR action = 'answer', '', item) AS thing,
    if(action IN ('video', 'answer'), '', part_of) AS whole,
    if(action = 'badge_earned', counterpart, '') AS giver,
    max(app),
    count(),
    avg(rating),
    max(progress),
    sum(duration),
    argMax(progress, (time, statement, ordinal)),
    toUnixTimestamp64Micro(max(time))
FROM {database:Identifier}.facts FINAL
WHERE store = {store:String} AND person IN {accounts:Array(String)}
  AND (
      action = 'answer' AND success IS NOT NULL
          AND hasAny(knowledge_points, {points:Array(String)})
      OR (
          action IN ('badge_earned', 'video')
          OR startsWith(action, 'rating_') AND action != 'rating_given' AND rating IS NOT NULL
      )
      AND toUnixTimestamp64Micro(time) >= {since:Int64}
      AND toUnixTimestamp64Micro(time) < {until:Int64}
      AND ({subject:String} = '' OR subject = {subject:String})
  )
GROUP BY action, badge, thing, whole, giver
