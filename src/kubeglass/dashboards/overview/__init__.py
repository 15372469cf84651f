"""The dashboard "Application overview": one topic a file."""
