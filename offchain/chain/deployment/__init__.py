"""Deploying the contracts, the file that says where they are, trust in it."""
