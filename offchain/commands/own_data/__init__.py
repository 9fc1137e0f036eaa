"""Own data before they are shared: what is in them, and what sharing them means."""
