"""YAML text to plain data that remembers where everything stands."""
