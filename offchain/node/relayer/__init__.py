"""The relayer: admits what strangers share, keeps it, and brings it on chain, mixed."""
