"""Look at what is deployed: its parts, whether data flows, and its logs. Changes nothing."""
