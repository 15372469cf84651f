"""The dashboard page's server: static files, dashboards, and a read-only proxy to Prometheus."""
