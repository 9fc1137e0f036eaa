"""Transactions: accounts, fees, nonces, what was sent and not yet mined."""
