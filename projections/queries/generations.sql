-- All generations, oldest first, and which one is live.
SELECT
    name,
    database,
    identity,
    made,
    name = (SELECT argMax(name, number) FROM {database:Identifier}.promotions),
    origin
FROM {database:Identifier}.generations FINAL
ORDER BY made, name
