"""promptops governs prompts and instructions in git: reviewed, tested, budgeted and explained."""

__version__ = "0.1.0"
