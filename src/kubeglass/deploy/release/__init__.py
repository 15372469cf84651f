"""Put rendered objects on a cluster, remember what was put there, and take it away again."""
