"""What a node does next: a pure function of a snapshot."""
