"""Models in forms that other programs run, with the same whole numbers."""
