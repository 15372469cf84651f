"""The one way to a cluster: the API server, its errors, objects as plain data."""
