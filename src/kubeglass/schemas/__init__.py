"""What each version of the collector accepts."""
