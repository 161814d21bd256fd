-- What a person did as a teacher, by all their accounts, in any order; weeks are local, by their Mondays.
SELECT
    action, toString(toMonday(toDate32(time, {timezone:String}))), lesson, item, counterpart, layer,
    toString(statement), toUnixTimestamp64Micro(time)
FROM {database:Identifier}.facts FINAL
WHERE store = {store:String} AND person IN {accounts:Array(String)}
  AND action IN {teaching:Array(String)}
