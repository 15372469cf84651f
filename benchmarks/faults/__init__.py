"""Faults that the local run must survive: each struck on a real run under load, its cost counted to the last request.

``benchmarks/local_faults.py`` measures them, ``tests/engines/test_faults.py`` holds them to what they may cost.
"""
