"""Wait until everything applied is ready, and find out why something is not."""
