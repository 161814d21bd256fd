"""The read side: statements to facts, facts to folds, folds to rows, and the queries over them."""
