-- What is known of every account that is or was another person's: whose it was last, and since when.
SELECT
    store,
    account,
    tupleElement(argMax((person, is_deleted), position), 1),
    tupleElement(argMax((person, is_deleted), position), 2),
    max(position)
FROM {database:Identifier}.identities
GROUP BY store, account
