"""Breaks the library on purpose, one promise at a time, and sees whether a test fails.

``python -m tools.broken`` works on a copy of ``src``, never in place, and writes ``docs/library/proof.md``. It is no
part of ``make test``: it takes minutes, and says something of the tests, not of the code.
"""
