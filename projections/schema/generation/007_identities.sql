-- Which accounts are other persons': one row an account. `is_deleted`: it is its own person again.
CREATE TABLE IF NOT EXISTS {database:Identifier}.identities
(
    store LowCardinality(String),
    account String,
    person String,
    position UInt64,
    is_deleted UInt8
)
ENGINE = ReplacingMergeTree(position, is_deleted)
ORDER BY (store, account)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1;
