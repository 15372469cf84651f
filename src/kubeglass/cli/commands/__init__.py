"""One verb, one module; :mod:`kubeglass.cli.main` registers them."""
