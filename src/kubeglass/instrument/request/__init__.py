"""Measure requests: the WSGI middleware and what it records."""
