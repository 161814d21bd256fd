-- Remember a generation, or that it is gone.
INSERT INTO {database:Identifier}.generations
    (name, database, identity, made, origin, version, is_deleted)
SELECT
    {name:String},
    {of:String},
    {identity:String},
    fromUnixTimestamp64Micro({made:Int64}, 'UTC'),
    {origin:String},
    toUnixTimestamp64Micro(now64(6)),
    {is_deleted:UInt8}
