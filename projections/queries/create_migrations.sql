-- The table that remembers which migration was applied to which database: before all others.
CREATE TABLE IF NOT EXISTS {database:Identifier}.migrations
(
    database String,
    number UInt32,
    name String,
    applied DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplacingMergeTree
ORDER BY (database, number)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
