"""The commands: options and one call each; :mod:`kubeglass.cli.main` lists them."""
