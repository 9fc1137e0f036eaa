"""The worker of a node: its loop, journal, relayer and keeper."""
