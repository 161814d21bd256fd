-- How many actions each person of a store has in a phase, fewest first: what a rank is taken in.
SELECT phase, arraySort(groupArray(actions))
FROM
(
    SELECT phase, toUInt64(sum(actions)) AS actions
    FROM {database:Identifier}.person_days FINAL
    WHERE store = {store:String} AND phase != ''
    GROUP BY person, phase
)
GROUP BY phase
