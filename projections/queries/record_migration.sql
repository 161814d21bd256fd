-- Remember that a migration was applied.
INSERT INTO {database:Identifier}.migrations (database, number, name)
SELECT {of:String}, {number:UInt32}, {name:String}
