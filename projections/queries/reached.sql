-- How far each part has come with each source.
SELECT part, source, position FROM {database:Identifier}.progress FINAL
