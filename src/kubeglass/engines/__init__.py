"""The real programs kubeglass runs: which version, how they are started and how they say they are ready."""
