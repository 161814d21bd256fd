-- The rows of one table that two generations don't both have alike, by key.
-- $table, $subject, $keys, $shown and $values are put in from projections/tables.py, and $subjects
-- with a query for the subjects to look at. GLOBAL: on a cluster that query is asked once, not by each shard.
SELECT
    '$table' AS of_table,
    store,
    of_subject,
    key,
    multiIf(count() = 2, 'differs', any(side) = 0, 'only_one', 'only_other') AS what
FROM
(
    SELECT
        store, $subject AS of_subject, $shown AS key, sipHash64(tuple($values)) AS digest, 0 AS side
    FROM {one:Identifier}.$table FINAL
    WHERE (store, $subject) GLOBAL IN ($subjects)
    UNION ALL
    SELECT
        store, $subject AS of_subject, $shown AS key, sipHash64(tuple($values)) AS digest, 1 AS side
    FROM {other:Identifier}.$table FINAL
    WHERE (store, $subject) GLOBAL IN ($subjects)
)
GROUP BY store, of_subject, key
HAVING count() = 1 OR min(digest) != max(digest)
