"""File formats of samples and models: canonical, bounded, never pickled."""
