"""The demonstration: a whole network of nodes on one machine, shown as it works."""
