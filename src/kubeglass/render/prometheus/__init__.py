"""Prometheus's configuration and rule files."""
