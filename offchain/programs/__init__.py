"""How programs start, log, print and end."""
