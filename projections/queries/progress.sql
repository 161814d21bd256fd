-- How many pairs of parts have come how far: their number, and the lowest position of them.
SELECT count(), min(position) FROM {database:Identifier}.progress FINAL
