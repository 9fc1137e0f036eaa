"""What a running program tells of itself: health and figures, for people and for Prometheus."""
