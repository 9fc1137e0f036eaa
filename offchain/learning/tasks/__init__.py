"""The tasks that a deployment may have, and what a node does with each."""
