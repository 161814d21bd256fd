-- The documents of apps as they are now, one row a document: State and profiles (xAPI 1.0.3 part 3,
-- 2.2). `content` is kept where it is JSON and not long; anything else is known by type and size.
-- `person` is empty for what is about an activity only.
CREATE TABLE IF NOT EXISTS {database:Identifier}.documents
(
    store LowCardinality(String),
    person String,
    kind LowCardinality(String),
    activity String,
    registration String,
    id String,
    app String,
    content_type LowCardinality(String),
    size UInt64,
    content String,
    updated DateTime64(6, 'UTC'),
    position UInt64,
    is_deleted UInt8
)
ENGINE = ReplacingMergeTree(position, is_deleted)
ORDER BY (store, person, kind, activity, registration, id)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1;
