"""Check that data flows through a deployed pipeline from end to end."""
