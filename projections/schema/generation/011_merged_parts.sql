-- ClickHouse merges parts of like sizes: what a replay or a term's start has written stays in some
-- large parts for good, and a page that asks for a class's students looks into each of them. So the
-- parts of what is known of persons become one when all of them are six hours old: the day's own
-- small ones beside it cost little. A district's take some tenths of a second to merge.
ALTER TABLE {database:Identifier}.persons MODIFY SETTING min_age_to_force_merge_seconds = 21600;
ALTER TABLE {database:Identifier}.person_days MODIFY SETTING min_age_to_force_merge_seconds = 21600;
ALTER TABLE {database:Identifier}.person_weeks MODIFY SETTING min_age_to_force_merge_seconds = 21600;
ALTER TABLE {database:Identifier}.person_mastery MODIFY SETTING min_age_to_force_merge_seconds = 21600;
ALTER TABLE {database:Identifier}.person_mastery_weeks MODIFY SETTING min_age_to_force_merge_seconds = 21600;
ALTER TABLE {database:Identifier}.person_levels MODIFY SETTING min_age_to_force_merge_seconds = 21600;
ALTER TABLE {database:Identifier}.person_level_weeks MODIFY SETTING min_age_to_force_merge_seconds = 21600;
