"""The chain told for people: rounds, blocks, models, data, rewards, and what each account did."""
