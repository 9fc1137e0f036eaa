"""Light verification: headers, votes and rewards from the records alone."""
