"""Get an engine: from PATH, the cache, its official release, or built from source modules."""
