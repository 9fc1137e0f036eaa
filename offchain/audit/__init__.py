"""The standing attack on anonymity: who shared what, from all that is public."""
