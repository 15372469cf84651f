"""Apps that kubeglass did not make: finds what is theirs, and why they cannot be scraped."""
