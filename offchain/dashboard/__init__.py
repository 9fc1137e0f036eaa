"""A page on this machine that shows the chain: read-only, an index on disk behind it."""
