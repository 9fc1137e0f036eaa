"""Each rule of the protocol once, as functions of integers and hashes."""
