"""``modelchain attack``."""
