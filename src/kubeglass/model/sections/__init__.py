"""The sections of kubeglass.yaml, one per module; each is valid by itself."""
