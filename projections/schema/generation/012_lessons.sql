-- When lessons began, as far as facts of one class, in one subject and of one teacher tell: lists of
-- lessons would otherwise read every fact of a store. The teacher is the account that taught, or that a
-- learner's statement names as instructor; the lists are those of projections/lessons/teaching.py.
--
-- ClickHouse itself writes it, whenever facts are written. Whatever their order, and however often they
-- come, extremes are the same; but a fact that is voided stays in them. So `is_voided` says where to ask
-- the facts themselves, and nothing here may be read without it (lessons.sql). Rows of one key may lie
-- apart until they are merged, on a cluster for good: only aggregates of them mean anything.
CREATE TABLE IF NOT EXISTS {database:Identifier}.lessons
(
    store LowCardinality(String),
    lesson String,
    class_group LowCardinality(String),
    subject LowCardinality(String),
    teacher String,
    first SimpleAggregateFunction(min, DateTime64(6, 'UTC')),
    first_in SimpleAggregateFunction(min, Nullable(DateTime64(6, 'UTC'))),
    last SimpleAggregateFunction(max, DateTime64(6, 'UTC')),
    is_voided SimpleAggregateFunction(max, UInt8)
)
ENGINE = AggregatingMergeTree
ORDER BY (store, lesson, class_group, subject, teacher)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS {database:Identifier}.lessons_of_facts
TO {database:Identifier}.lessons AS
SELECT
    store,
    lesson,
    class_group,
    subject,
    multiIf(
        action IN (
            'homework_marked', 'homework_set', 'interaction_organised', 'resource_adopted',
            'resource_created', 'resource_pushed', 'resource_recreated',
            'resource_searched', 'resource_used', 'strategy_changed', 'tutoring_given'
        ), person,
        action IN (
            'answer', 'attendance', 'attention', 'check', 'group_work', 'hand_raised',
            'homework_corrected', 'homework_done', 'poll', 'preview', 'question',
            'session_joined', 'video'
        ), counterpart,
        ''
    ) AS teacher,
    min(time) AS first,
    minOrNullIf(time, phase = 'in') AS first_in,
    max(time) AS last,
    max(is_deleted) AS is_voided
FROM {database:Identifier}.facts
WHERE lesson != ''
GROUP BY store, lesson, class_group, subject, teacher;

-- Of the facts that were there before.
INSERT INTO {database:Identifier}.lessons
SELECT
    store,
    lesson,
    class_group,
    subject,
    multiIf(
        action IN (
            'homework_marked', 'homework_set', 'interaction_organised', 'resource_adopted',
            'resource_created', 'resource_pushed', 'resource_recreated',
            'resource_searched', 'resource_used', 'strategy_changed', 'tutoring_given'
        ), person,
        action IN (
            'answer', 'attendance', 'attention', 'check', 'group_work', 'hand_raised',
            'homework_corrected', 'homework_done', 'poll', 'preview', 'question',
            'session_joined', 'video'
        ), counterpart,
        ''
    ) AS teacher,
    min(time),
    minOrNullIf(time, phase = 'in'),
    max(time),
    max(is_deleted)
FROM {database:Identifier}.facts
WHERE lesson != ''
GROUP BY store, lesson, class_group, subject, teacher;
