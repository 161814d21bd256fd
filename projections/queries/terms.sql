-- The shortest term that a day is in, of those whose first day is known.
SELECT toString(begin), toString(end)
FROM {database:Identifier}.roster_sessions FINAL
WHERE store = {store:String} AND type IN ('term', 'semester')
  AND begin > toDate32('1900-01-01') AND {on:Date32} BETWEEN begin AND end
ORDER BY dateDiff('day', begin, end), session
LIMIT 1
