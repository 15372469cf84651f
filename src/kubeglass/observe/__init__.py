"""Observe what runs: Prometheus, the collector, processes and ports. Read-only."""
