-- The documents of the schemes that a store has published and not withdrawn.
SELECT scheme, text
FROM {database:Identifier}.schemes FINAL
WHERE store = {store:String}
ORDER BY scheme
