"""Benchmarks: `make bench`, or `python -m bench NAME…`. Never part of the tests.

Each module has `main() -> None`, which prints its figures as ratios measured in one run.
"""
