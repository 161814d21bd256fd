-- A person's answers that are known to be right or wrong, and corrections, in any order.
-- Columns as in projections/responses.py.
SELECT
    toUnixTimestamp64Micro(time), toString(statement), ordinal, action, item, part_of, lesson,
    subject, knowledge_points, layer, app, response, success, duration
FROM {database:Identifier}.facts FINAL
WHERE store = {store:String} AND person IN {accounts:Array(String)} AND item != ''
  AND (action = 'answer' AND success IS NOT NULL OR action = 'homework_corrected')
