-- The identity of the live generation, if there is one.
SELECT identity
FROM {database:Identifier}.generations FINAL
WHERE name = (SELECT argMax(name, number) FROM {database:Identifier}.promotions)
