-- Remember a generation, or that it is gone.
INSERT INTO {database:Identifier}.generations (name, database, identity, made, version, is_deleted)
SELECT
    {name:String},
    {of:String},
    {identity:String},
    fromUnixTimestamp64Micro({made:Int64}, 'UTC'),
    toUnixTimestamp64Micro(now64(6)),
    {is_deleted:UInt8}
