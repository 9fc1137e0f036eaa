"""What is verified: read from the chain, compared with what was computed."""
