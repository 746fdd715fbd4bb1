"""Everything that is known of a prompt, gathered: its rules, its life, its size, its measurements.

Nothing is measured or judged here; each figure comes from the room that knows it.
"""
