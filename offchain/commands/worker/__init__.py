"""Options of the worker, and what they build."""
