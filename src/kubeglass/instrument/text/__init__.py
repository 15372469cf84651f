"""Write metrics in Prometheus's formats, in pieces short enough that other threads never wait long."""
