"""Platforms: one folder each, with app (I/O), read (payload -> event) and draw (card -> the platform's own shape)."""
