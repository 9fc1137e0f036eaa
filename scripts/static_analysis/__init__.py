"""What slither says about the contracts, and the answers: `make analyse`."""
