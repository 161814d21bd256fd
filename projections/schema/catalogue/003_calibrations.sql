-- Calibrations that generations are folded under, each once: their origins name them by digest.
-- JSON, as projections/prediction/calibration.py has it; a district's may be some megabytes.
CREATE TABLE IF NOT EXISTS {database:Identifier}.calibrations
(
    digest String,
    document String CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree
ORDER BY digest
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
