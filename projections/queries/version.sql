-- Which ClickHouse it is.
SELECT version()
