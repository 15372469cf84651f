"""The dashboard "Application overview": one topic per module."""
