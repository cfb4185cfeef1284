"""pixmake: make for images you pay for.

The porch: no module of the house imports it.
"""

__version__ = "0.1.0"
