-- Remember a generation, or that it is gone; with the present time as its version where none is given.
INSERT INTO {database:Identifier}.generations
    (name, database, identity, made, origin, version, is_deleted)
SELECT
    {name:String},
    {of:String},
    {identity:String},
    fromUnixTimestamp64Micro({made:Int64}, 'UTC'),
    {origin:String},
    if({version:UInt64} = 0, toUInt64(toUnixTimestamp64Micro(now64(6))), {version:UInt64}),
    {is_deleted:UInt8}
