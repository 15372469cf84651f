"""Say what is wrong, why, and the exact fix."""
