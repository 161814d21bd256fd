-- What one generation has of each subject in one table: how many rows, and a digest of them all.
-- $table, $subject, $keys and $values are put in from projections/tables.py.
SELECT
    '$table' AS of_table,
    store,
    $subject AS of_subject,
    count() AS n,
    groupBitXor(sipHash64(tuple($keys, $values))) AS digest
FROM {$side:Identifier}.$table FINAL
WHERE {store:String} = '' OR store = {store:String}
GROUP BY store, of_subject
