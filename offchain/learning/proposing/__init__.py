"""A task file proposed from data: what samples are, as far as data can tell."""
