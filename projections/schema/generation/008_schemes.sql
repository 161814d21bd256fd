-- The evaluation schemes that stores have published: one row a scheme, its newest document. What it
-- extends is put together when it is asked for, so that their order of arrival can't matter.
CREATE TABLE IF NOT EXISTS {database:Identifier}.schemes
(
    store LowCardinality(String),
    scheme String,
    title_zh String,
    title_en String,
    extends String,
    text String,
    position UInt64,
    is_deleted UInt8
)
ENGINE = ReplacingMergeTree(position, is_deleted)
ORDER BY (store, scheme)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
