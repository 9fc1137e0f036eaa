"""``modelchain audit``."""
