-- Make a generation the live one: one row, so one step.
INSERT INTO {database:Identifier}.promotions (number, name, promoted)
SELECT max(number) + 1, {name:String}, now64(6)
FROM {database:Identifier}.promotions
