"""Container images without Docker: root file systems from this machine's files, written as OCI archives."""
