"""The OpenTelemetry Collector's configuration."""
