-- What differs once there is new evidence of the students that a class has or had.
SELECT count(), sum(facts), sum(position), max(last_time)
FROM {database:Identifier}.persons FINAL
WHERE store = {store:String} AND person GLOBAL IN
(
    SELECT person FROM (
--include class_members
    )
)
