"""What the machine does in how long: `make bench` (docs/Performance.md)."""
