"""Look at what runs: Prometheus, the collector, processes and ports. Looks only, changes nothing."""
