"""One process under a state machine: start it, probe it, restart it, stop it. Knows nothing of kubeglass.yaml."""
