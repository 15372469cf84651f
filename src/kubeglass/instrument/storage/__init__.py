"""Where values live, in memory or in a process's own files, and the metrics made of them."""
