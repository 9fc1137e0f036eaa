"""The protocol's rules as pure functions on integers: the mirror of the contracts."""
