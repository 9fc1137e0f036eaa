"""The kind of samples `images`."""
