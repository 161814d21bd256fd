-- How each generation came about: which carrier keeps it, or the replay that built it. JSON.
ALTER TABLE {database:Identifier}.generations ADD COLUMN IF NOT EXISTS origin String DEFAULT '{}' AFTER made;
