-- The roster as the district's systems declare it, one row a record: the newest declaration's. A
-- `position` is that of the declaration in the log. Days are inclusive on both ends; a begin that
-- nobody knows is 1900-01-01, and an end that is open 2299-12-31.

-- Schools, districts, departments.
CREATE TABLE IF NOT EXISTS {database:Identifier}.roster_orgs
(
    store LowCardinality(String),
    org String,
    name String,
    type LowCardinality(String),
    parent String,
    identifier String,
    position UInt64,
    is_deleted UInt8
)
ENGINE = ReplacingMergeTree(position, is_deleted)
ORDER BY (store, org)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1;

-- School years, semesters, terms.
CREATE TABLE IF NOT EXISTS {database:Identifier}.roster_sessions
(
    store LowCardinality(String),
    session String,
    title String,
    type LowCardinality(String),
    begin Date32,
    end Date32,
    parent String,
    school_year LowCardinality(String),
    position UInt64,
    is_deleted UInt8
)
ENGINE = ReplacingMergeTree(position, is_deleted)
ORDER BY (store, session)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS {database:Identifier}.roster_courses
(
    store LowCardinality(String),
    course String,
    title String,
    code String,
    org String,
    grades Array(LowCardinality(String)),
    subjects Array(LowCardinality(String)),
    position UInt64,
    is_deleted UInt8
)
ENGINE = ReplacingMergeTree(position, is_deleted)
ORDER BY (store, course)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1;

-- Classes: `type` homeroom is the administrative class, scheduled one of a subject. `until` is the
-- last day it stood in the roster: its enrollments of before still need its name and grade.
CREATE TABLE IF NOT EXISTS {database:Identifier}.roster_classes
(
    store LowCardinality(String),
    class_group String,
    title String,
    code String,
    type LowCardinality(String),
    course String,
    school LowCardinality(String),
    grades Array(LowCardinality(String)),
    grade LowCardinality(String),
    stage LowCardinality(String),
    subjects Array(LowCardinality(String)),
    sessions Array(LowCardinality(String)),
    until Date32,
    position UInt64,
    is_deleted UInt8
)
ENGINE = ReplacingMergeTree(position, is_deleted)
ORDER BY (store, class_group)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1;

-- People, and the person that facts know each by. `until` as of classes.
CREATE TABLE IF NOT EXISTS {database:Identifier}.roster_users
(
    store LowCardinality(String),
    user String,
    person String,
    name String,
    role LowCardinality(String),
    grades Array(LowCardinality(String)),
    orgs Array(LowCardinality(String)),
    enabled UInt8,
    until Date32,
    position UInt64,
    is_deleted UInt8
)
ENGINE = ReplacingMergeTree(position, is_deleted)
ORDER BY (store, user)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1;

-- Who was in which class, as what, from which day to which.
CREATE TABLE IF NOT EXISTS {database:Identifier}.roster_enrollments
(
    store LowCardinality(String),
    enrollment String,
    user String,
    person String,
    class_group LowCardinality(String),
    school LowCardinality(String),
    role LowCardinality(String),
    is_primary UInt8,
    begin Date32,
    end Date32,
    position UInt64,
    is_deleted UInt8
)
ENGINE = ReplacingMergeTree(position, is_deleted)
ORDER BY (store, enrollment)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1;
