"""What statements mean: facts read from them by mappings, and what vendors are told of theirs."""
