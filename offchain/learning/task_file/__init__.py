"""The file that says what a chain learns: its words, as people write it and as it is hashed."""
