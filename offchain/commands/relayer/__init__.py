"""The program relayer: what it does."""
