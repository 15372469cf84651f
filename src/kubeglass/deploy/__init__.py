"""Put the rendered manifests on a cluster, wait for them to settle, prove the pipeline."""
