"""The program worker: what it does, and the options that tasks add to it."""
