"""Benches: pixmake beside the tools people would use instead, in ratios. `python -m bench`; README.md says more."""
