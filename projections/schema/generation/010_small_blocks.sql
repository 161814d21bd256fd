-- A page asks for some dozens of persons, whose rows lie in blocks all over a table. ClickHouse would
-- compress 64 KiB of a column together, some eight blocks, and decompress all for one of them; so a
-- third of such a query's time goes. It costs an eighth to a fifth more on disk.
ALTER TABLE {database:Identifier}.person_days MODIFY SETTING min_compress_block_size = 4096;
ALTER TABLE {database:Identifier}.person_weeks MODIFY SETTING min_compress_block_size = 4096;
ALTER TABLE {database:Identifier}.person_mastery MODIFY SETTING min_compress_block_size = 4096;
