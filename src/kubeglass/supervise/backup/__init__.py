"""Backup and restore of the local Prometheus's samples."""
