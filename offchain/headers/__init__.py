"""Sources of Bitcoin headers."""
