"""Put rendered objects on a cluster, wait until they are ready, and verify that data flows."""
