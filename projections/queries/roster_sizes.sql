-- How many students each school and stage had on a day.
SELECT school, stage, toUInt64(uniqExact(person)), toUInt64(uniqExact(class_group))
FROM (
--include placements
)
WHERE {on:Date32} BETWEEN begin AND end
GROUP BY school, stage
ORDER BY school, stage
