"""Bitcoin header rules: proof of work, retarget, median time past (pure)."""
