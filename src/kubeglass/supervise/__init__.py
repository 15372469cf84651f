"""Keep the local run's processes alive, and end them in order."""
