-- The persons of the roster whose these accounts are: by a link, or as the roster's own account.
SELECT accounts.account, users.person, users.user, users.name, users.role, users.grades, users.orgs,
       users.enabled, toString(users.until)
FROM
(
    SELECT given.account AS account, coalesce(nullIf(links.person, ''), given.account) AS person
    FROM (SELECT arrayJoin({accounts:Array(String)}) AS account) AS given
    LEFT JOIN
    (
        SELECT account, person
        FROM {database:Identifier}.identities FINAL
        WHERE store = {store:String} AND account IN {accounts:Array(String)}
    ) AS links ON links.account = given.account
) AS accounts
INNER JOIN
(
    SELECT person, user, name, role, grades, orgs, enabled, until
    FROM {database:Identifier}.roster_users FINAL
    WHERE store = {store:String}
) AS users ON users.person = accounts.person
ORDER BY users.until DESC, users.user
