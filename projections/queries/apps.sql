-- What each app of a store has brought: facts and statements by action, persons and schools reached.
-- A statement's first fact has the ordinal 0. Counted per account first, whose facts lie together, so
-- that whose an account is has to be looked up once for each; then per action, as there are few.
SELECT
    app,
    sum(facts_of_action) AS facts,
    sum(statements_of_action) AS statements,
    sum(recent_of_action) AS statements_recently,
    uniqExactMerge(persons_of_action) AS persons,
    arraySort(arrayFilter(name -> name != '', groupUniqArrayArray(schools_of_action))) AS schools,
    toUnixTimestamp64Micro(max(last_of_action)) AS last_time,
    mapFromArrays(groupArray(action), groupArray(facts_of_action)) AS actions
FROM
(
    SELECT
        app,
        action,
        sum(facts) AS facts_of_action,
        sum(statements) AS statements_of_action,
        sum(recent) AS recent_of_action,
        uniqExactState(coalesce(nullIf(links.person, ''), counted.account)) AS persons_of_action,
        groupUniqArrayArray(schools) AS schools_of_action,
        max(last) AS last_of_action
    FROM
    (
        SELECT
            app,
            action,
            person AS account,
            count() AS facts,
            countIf(ordinal = 0) AS statements,
            countIf(ordinal = 0 AND time >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')) AS recent,
            groupUniqArray(school) AS schools,
            max(time) AS last
        FROM
        (
            SELECT app, action, person, ordinal, time, school
            FROM {database:Identifier}.facts
            WHERE store = {store:String} AND person GLOBAL NOT IN
            (
--include accounts_to_merge
            )
            UNION ALL
            SELECT app, action, person, ordinal, time, school
            FROM {database:Identifier}.facts FINAL
            WHERE store = {store:String} AND person GLOBAL IN
            (
--include accounts_to_merge
            )
        )
        GROUP BY app, action, account
    ) AS counted
    GLOBAL LEFT JOIN
    (
        SELECT account, person
        FROM {database:Identifier}.identities FINAL
        WHERE store = {store:String}
    ) AS links ON links.account = counted.account
    GROUP BY app, action
)
GROUP BY app
ORDER BY app
