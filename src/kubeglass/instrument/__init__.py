"""The framework-free core of the instrumentation library."""
