"""The records of the chain, folded into what has happened."""
