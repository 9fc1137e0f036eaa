"""Tasks, networks, training and exact evaluation: the only package that imports torch."""
