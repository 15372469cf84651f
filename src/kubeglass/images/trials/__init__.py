"""Attempts to start what is in an image before it counts as built."""
