"""Grafana dashboards in typed Python, one topic per module."""
