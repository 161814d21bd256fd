-- What tells whether a store's people, links or roster are others than at an earlier look: how many
-- rows there are, and a sum that another row or version makes another.
SELECT what, sum(rows), sum(digest)
FROM
(
    SELECT 'people' AS what, count() AS rows, sum(cityHash64('persons', person, position)) AS digest
    FROM {database:Identifier}.persons
    WHERE store = {store:String}
    UNION ALL
    SELECT 'people', count(), sum(cityHash64('documents', person, position))
    FROM {database:Identifier}.documents
    WHERE store = {store:String}
    UNION ALL
    SELECT 'links', count(), sum(cityHash64(store, account, position))
    FROM {database:Identifier}.identities
    UNION ALL
    SELECT 'roster', count(), sum(cityHash64('orgs', org, position))
    FROM {database:Identifier}.roster_orgs
    WHERE store = {store:String}
    UNION ALL
    SELECT 'roster', count(), sum(cityHash64('classes', class_group, position))
    FROM {database:Identifier}.roster_classes
    WHERE store = {store:String}
    UNION ALL
    SELECT 'roster', count(), sum(cityHash64('users', user, position))
    FROM {database:Identifier}.roster_users
    WHERE store = {store:String}
    UNION ALL
    SELECT 'roster', count(), sum(cityHash64('enrollments', enrollment, position))
    FROM {database:Identifier}.roster_enrollments
    WHERE store = {store:String}
)
GROUP BY what
