"""Root file systems of Python programs: the interpreter, packages, source, and their compiled files."""
