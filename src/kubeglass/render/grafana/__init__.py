"""Grafana's provisioning files and the dashboards' JSON."""
