"""Reach a port of a pod from this machine, through the API server."""
