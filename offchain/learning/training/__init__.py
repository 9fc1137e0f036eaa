"""Training of networks: data choice, exploration, the loop, processes."""
