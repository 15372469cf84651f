"""Dashboards in typed Python, one topic a module; what comes out is the JSON Grafana itself loads."""
