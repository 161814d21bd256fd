-- The projection tables of one generation. projections/tables.py has the same columns for the
-- code that writes rows; a test holds the two together.
--
-- A row is absolute: what was known as of log position `position`. The row of a key with the
-- highest position is the row, whatever came in last, and `is_deleted` marks that there is none.
-- No key and no partition holds anything that could change for its row.
-- index_granularity: most queries want one person's few rows, so blocks are small.
-- fsync: a carrier's position is kept only once its rows would survive a loss of power.

-- What each statement says about each person, by the account that it names. A voided statement's
-- facts are deleted at the position of its voiding. One person's facts lie together, and the index
-- finds those of a lesson: none of what it holds differs between the versions of a fact. It is wrong
-- of one block in ten thousand, so that fifty lessons at once are found as well; at one in a hundred,
-- half of all blocks would be read for them. Few lessons are in a block, so it's small either way.
CREATE TABLE IF NOT EXISTS {database:Identifier}.facts
(
    store LowCardinality(String),
    person String,
    statement UUID,
    ordinal UInt16,
    action LowCardinality(String),
    phase LowCardinality(String),
    lesson LowCardinality(String),
    course LowCardinality(String),
    subject LowCardinality(String),
    knowledge_points Array(LowCardinality(String)),
    item String,
    verb LowCardinality(String),
    app LowCardinality(String),
    class_group LowCardinality(String),
    school LowCardinality(String),
    time DateTime64(6, 'UTC'),
    duration Nullable(Float64),
    success Nullable(Bool),
    completion Nullable(Bool),
    score Nullable(Float64),
    rating Nullable(Float64),
    response String,
    layer LowCardinality(String),
    part_of String,
    counterpart String,
    progress Nullable(Float64),
    due Nullable(DateTime64(6, 'UTC')),
    position UInt64,
    is_deleted UInt8,
    INDEX lessons lesson TYPE bloom_filter(0.0001) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(position, is_deleted)
ORDER BY (store, person, statement, ordinal)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1;

-- Everyone there is evidence about.
CREATE TABLE IF NOT EXISTS {database:Identifier}.persons
(
    store LowCardinality(String),
    person String,
    facts UInt64,
    first_time DateTime64(6, 'UTC'),
    last_time DateTime64(6, 'UTC'),
    position UInt64,
    is_deleted UInt8
)
ENGINE = ReplacingMergeTree(position, is_deleted)
ORDER BY (store, person)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1;

-- A person's activity of a day, by phase of the teaching cycle, subject and app. `due` counts what
-- was done of what had to be done by some time, `on_time` how much of it was done by then.
CREATE TABLE IF NOT EXISTS {database:Identifier}.person_days
(
    store LowCardinality(String),
    person String,
    day Date32,
    phase LowCardinality(String),
    subject LowCardinality(String),
    app LowCardinality(String),
    actions UInt32,
    answers UInt32,
    correct UInt32,
    seconds Float64,
    due UInt32,
    on_time UInt32,
    first_time DateTime64(6, 'UTC'),
    last_time DateTime64(6, 'UTC'),
    position UInt64,
    is_deleted UInt8
)
ENGINE = ReplacingMergeTree(position, is_deleted)
ORDER BY (store, person, day, phase, subject, app)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1;

-- The same by week (its Monday) and subject: the figures of many people are sums over these.
-- `before`, `during` and `after` count actions of the phases pre, in and post.
CREATE TABLE IF NOT EXISTS {database:Identifier}.person_weeks
(
    store LowCardinality(String),
    person String,
    week Date32,
    subject LowCardinality(String),
    actions UInt32,
    before UInt32,
    during UInt32,
    after UInt32,
    answers UInt32,
    correct UInt32,
    seconds Float64,
    due UInt32,
    on_time UInt32,
    days UInt32,
    last_day Date32,
    position UInt64,
    is_deleted UInt8
)
ENGINE = ReplacingMergeTree(position, is_deleted)
ORDER BY (store, person, week, subject)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1;

-- A person's mastery of a knowledge point: mean and variance on the logit scale, and the
-- probability of a right answer with its 95 % interval; `best` is the highest that the probability
-- was at the end of an earlier week, once there had been enough tries.
CREATE TABLE IF NOT EXISTS {database:Identifier}.person_mastery
(
    store LowCardinality(String),
    person String,
    knowledge_point LowCardinality(String),
    subject LowCardinality(String),
    mean Float64,
    variance Float64,
    probability Float64,
    low Float64,
    high Float64,
    best Nullable(Float64),
    tries UInt32,
    successes UInt32,
    last_time DateTime64(6, 'UTC'),
    position UInt64,
    is_deleted UInt8
)
ENGINE = ReplacingMergeTree(position, is_deleted)
ORDER BY (store, person, knowledge_point)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1;

-- The same as it was at the end of each week, of those weeks (by their Mondays) after which there
-- was another response to the point.
CREATE TABLE IF NOT EXISTS {database:Identifier}.person_mastery_weeks
(
    store LowCardinality(String),
    person String,
    knowledge_point LowCardinality(String),
    week Date32,
    subject LowCardinality(String),
    probability Float64,
    low Float64,
    high Float64,
    tries UInt32,
    successes UInt32,
    position UInt64,
    is_deleted UInt8
)
ENGINE = ReplacingMergeTree(position, is_deleted)
ORDER BY (store, person, knowledge_point, week)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1;

-- What persons (language '') and activities are called: the newest statement's word holds,
-- found by a maximum, so that the order of arrival can't matter.
CREATE TABLE IF NOT EXISTS {database:Identifier}.names
(
    store LowCardinality(String),
    subject String,
    language LowCardinality(String),
    latest SimpleAggregateFunction(max, Tuple(time Int64, statement String, name String))
)
ENGINE = AggregatingMergeTree
ORDER BY (store, subject, language)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1;
