-- A part of the responses of a store that mastery is folded from, up to a moment: learners in an order
-- that has nothing to do with who they are, of each the responses in the order of folding.
-- Persons by the accounts' newest links. Columns as in projections/prediction/calibrating.py.
SELECT
    if(linked.person = '', answers.account, linked.person) AS whom,
    answers.item, answers.knowledge_points, answers.success, answers.subject, answers.school,
    answers.moment
FROM
(
    SELECT
        person AS account, item, knowledge_points, success, subject, school,
        toUnixTimestamp64Micro(time) AS moment, toString(statement) AS told_by, ordinal
    FROM {database:Identifier}.facts FINAL
    WHERE store = {store:String} AND action IN {answers:Array(String)}
      AND success IS NOT NULL AND notEmpty(knowledge_points)
      AND toUnixTimestamp64Micro(time) <= {until:Int64}
) AS answers
GLOBAL LEFT JOIN
(
    SELECT account, person
    FROM {database:Identifier}.identities FINAL
    WHERE store = {store:String}
) AS linked ON linked.account = answers.account
WHERE cityHash64(whom) % {parts:UInt32} = {part:UInt32}
ORDER BY cityHash64(whom, 1), whom, answers.moment, answers.told_by, answers.ordinal
