-- How much was set aside.
SELECT count() FROM {database:Identifier}.dead_letters FINAL
