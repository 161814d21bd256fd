-- How far the carrier of several parts has brought the log: a row for each part of the facts topic
-- and each part of the statements topic whose facts it takes, at the log position up to which they
-- are in the rows. The lowest is how far all is complete, once there is a row for each pair.
CREATE TABLE IF NOT EXISTS {database:Identifier}.progress
(
    part UInt16,
    source UInt16,
    position UInt64
)
ENGINE = ReplacingMergeTree(position)
ORDER BY (part, source)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
