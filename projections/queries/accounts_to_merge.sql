-- The accounts of whose facts there may be several versions: those from which one was voided, and those of
-- persons of whom there are more or fewer rows than their own row counts facts. Of all others each fact is
-- there once, so that their facts can be counted without FINAL, which costs twice as much as counting.
SELECT arrayJoin(accounts)
FROM
(
    SELECT
        coalesce(nullIf(links.person, ''), counted.account) AS person,
        groupArray(counted.account) AS accounts,
        sum(counted.versions) AS versions,
        max(counted.voided) AS voided
    FROM
    (
        SELECT person AS account, count() AS versions, max(is_deleted) AS voided
        FROM {database:Identifier}.facts
        WHERE store = {store:String}
        GROUP BY account
    ) AS counted
    GLOBAL LEFT JOIN
    (
        SELECT account, person
        FROM {database:Identifier}.identities FINAL
        WHERE store = {store:String}
    ) AS links ON links.account = counted.account
    GROUP BY person
) AS found
GLOBAL LEFT JOIN
(
    SELECT person, facts
    FROM {database:Identifier}.persons FINAL
    WHERE store = {store:String}
) AS known ON known.person = found.person
WHERE found.voided OR found.versions != known.facts
