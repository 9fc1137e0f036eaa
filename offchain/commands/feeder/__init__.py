"""The program feeder: what it does."""
