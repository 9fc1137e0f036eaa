"""What attacks are played on: the specification with its players, the contracts, a digits task."""
