"""Full verification: all calls once more on the specification of the contracts, and the content."""
