-- A person's level in each subject (or, where none is stated, course): what projections/prediction/growth.py
-- knows of it. `level` is a standing in the cohort, in standard deviations; `squares / freedom`
-- scales every variance; `scores` counts observations: a day's marks by kind, or its right answers.
CREATE TABLE IF NOT EXISTS {database:Identifier}.person_levels
(
    store LowCardinality(String),
    person String,
    subject LowCardinality(String),
    level Float64,
    variance Float64,
    freedom Float64,
    squares Float64,
    scores UInt32,
    first_day Date32,
    last_day Date32,
    position UInt64,
    is_deleted UInt8
)
ENGINE = ReplacingMergeTree(position, is_deleted)
ORDER BY (store, person, subject)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1;

-- The same as it was at the end of each week with a result, and up to now in the week that goes on:
-- `points` is the mean, 0..100, of the week's observations.
CREATE TABLE IF NOT EXISTS {database:Identifier}.person_level_weeks
(
    store LowCardinality(String),
    person String,
    subject LowCardinality(String),
    week Date32,
    level Float64,
    variance Float64,
    freedom Float64,
    squares Float64,
    scores UInt32,
    last_day Date32,
    observations UInt32,
    points Float64,
    position UInt64,
    is_deleted UInt8
)
ENGINE = ReplacingMergeTree(position, is_deleted)
ORDER BY (store, person, subject, week)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1;
