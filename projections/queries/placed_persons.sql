-- The students who are placed in a class or school on a day, or in any.
SELECT DISTINCT person FROM (
--include placed
)
