-- A page of the persons of a store whose name or key holds the searched text, by name; where it is
-- limited, of the named persons only.
SELECT person, name, facts, last_time, shown
FROM
(
    SELECT
        known.person AS person,
        named.name AS name,
        known.facts AS facts,
        toUnixTimestamp64Micro(known.last_time) AS last_time,
        if(named.name = '', known.person, named.name) AS shown
    FROM
    (
        SELECT person, facts, last_time
        FROM {database:Identifier}.persons FINAL
        WHERE store = {store:String}
          AND ({is_limited:UInt8} = 0 OR person IN {persons:Array(String)})
    ) AS known
    LEFT JOIN
    (
        SELECT subject, tupleElement(max(latest), 'name') AS name
        FROM {database:Identifier}.names
        WHERE store = {store:String} AND language = ''
        GROUP BY subject
    ) AS named ON named.subject = known.person
)
WHERE (shown, person) > ({after_shown:String}, {after_person:String})
  AND (
      {search:String} = ''
      OR positionCaseInsensitiveUTF8(name, {search:String}) > 0
      OR positionCaseInsensitiveUTF8(person, {search:String}) > 0
  )
ORDER BY shown, person
LIMIT {limit:UInt32}
