"""A node's own data: read from files, made to fit a task, shared once each."""
