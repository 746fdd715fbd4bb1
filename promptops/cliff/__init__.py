"""Which rule breaks which, and where compliance falls off as rules pile up.

Designs and statistics only: nothing here calls a model, reads a file or a clock. A study proposes
calls, whoever runs it hands the outcomes back, and every verdict holds at whatever moment it is
read. Seeds are arguments; the same seed and outcomes give the same study to the last bit.
"""
