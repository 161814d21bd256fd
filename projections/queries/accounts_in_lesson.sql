-- The accounts that a lesson ever had facts of, and whose they are.
SELECT seen.account, coalesce(nullIf(links.person, ''), seen.account)
FROM
(
    SELECT DISTINCT person AS account
    FROM {database:Identifier}.facts
    WHERE store = {store:String} AND lesson = {lesson:String}
) AS seen
GLOBAL LEFT JOIN
(
    SELECT account, person
    FROM {database:Identifier}.identities FINAL
    WHERE store = {store:String}
) AS links ON links.account = seen.account
