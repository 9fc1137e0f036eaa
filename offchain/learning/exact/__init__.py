"""Integer networks and evaluation to the bit; imports nothing of training."""
