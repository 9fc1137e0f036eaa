"""Real data that nobody here made, through the whole protocol, beside what else would be taken."""
