"""The feeder: brings Bitcoin headers to the relay contract."""
