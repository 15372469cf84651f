"""Turn what Kubernetes and programs say into a cause in plain words, with the fix."""
