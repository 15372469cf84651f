"""kubeglass.yaml as frozen, validated values; no network, no process."""
