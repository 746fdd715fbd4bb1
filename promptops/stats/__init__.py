"""Pure functions on numbers: seed and confidence are arguments."""
