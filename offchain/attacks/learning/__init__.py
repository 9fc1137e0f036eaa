"""Attacks on what decides which model is better, with the real learner."""
