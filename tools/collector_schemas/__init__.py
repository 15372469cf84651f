"""Generate src/kubeglass/schemas/versions: what keys each collector version accepts, from its modules' own sources."""
