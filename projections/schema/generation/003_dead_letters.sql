-- Events of the log that could not be brought to rows, with the reason, until they can.
-- `version` is the time of the attempt, so that a later one counts: that it failed again, or not.
CREATE TABLE IF NOT EXISTS {database:Identifier}.dead_letters
(
    store LowCardinality(String),
    position UInt64,
    statement String,
    reason String,
    since DateTime64(6, 'UTC'),
    version UInt64,
    is_deleted UInt8
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY position
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
