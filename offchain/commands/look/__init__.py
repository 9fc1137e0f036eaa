"""The commands that look at the chain and change nothing: status, why, blocks, block, and more."""
