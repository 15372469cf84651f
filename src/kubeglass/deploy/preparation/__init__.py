"""Check this cluster and fit the rendered objects to it, before anything is applied."""
