-- Make a database for a generation, or for the catalogue.
CREATE DATABASE IF NOT EXISTS {of:Identifier}
