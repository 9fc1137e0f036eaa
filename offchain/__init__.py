"""Model Chain off chain: everything that a node does beside its contracts."""
