-- What each app of a store has brought: facts and statements by action, persons and schools reached.
-- A statement's first fact has the ordinal 0. Merged per action first, as there are few of them.
SELECT
    app,
    sum(facts_of_action) AS facts,
    sum(statements_of_action) AS statements,
    sum(recent_of_action) AS statements_recently,
    uniqExactMerge(persons_of_action) AS persons,
    arraySort(arrayFilter(name -> name != '', groupUniqArrayMerge(schools_of_action))) AS schools,
    toUnixTimestamp64Micro(max(last_of_action)) AS last_time,
    mapFromArrays(groupArray(action), groupArray(facts_of_action)) AS actions
FROM
(
    SELECT
        app,
        action,
        count() AS facts_of_action,
        countIf(ordinal = 0) AS statements_of_action,
        countIf(ordinal = 0 AND time >= fromUnixTimestamp64Micro({since:Int64}, 'UTC'))
            AS recent_of_action,
        uniqExactState(person) AS persons_of_action,
        groupUniqArrayState(school) AS schools_of_action,
        max(time) AS last_of_action
    FROM {database:Identifier}.facts FINAL
    WHERE store = {store:String}
    GROUP BY app, action
)
GROUP BY app
ORDER BY app
