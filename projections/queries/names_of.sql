-- What some activities or persons are called, by language.
SELECT subject, language, tupleElement(max(latest), 'name')
FROM {database:Identifier}.names
WHERE store = {store:String} AND subject IN {subjects:Array(String)}
GROUP BY subject, language
