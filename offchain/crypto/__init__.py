"""Hashing, secp256k1, ring signatures, sealing, key derivation and Merkle trees (pure)."""
