"""Recording and alerting rules as values."""
