-- The catalogue: which generations there are, which one is live, and what was done to each.

-- A generation is one complete set of projection tables in a database of its own. `identity` is
-- new each time one is made, so that a carrier's position can't outlive the rows it belongs to.
CREATE TABLE IF NOT EXISTS {database:Identifier}.generations
(
    name String,
    database String,
    identity String,
    made DateTime64(6, 'UTC'),
    version UInt64,
    is_deleted UInt8
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY name
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Promoting a generation is inserting one row here: the highest number names the live one.
CREATE TABLE IF NOT EXISTS {database:Identifier}.promotions
(
    number UInt64,
    name String,
    promoted DateTime64(6, 'UTC')
)
ENGINE = MergeTree
ORDER BY number
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
