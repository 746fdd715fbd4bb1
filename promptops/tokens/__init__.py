"""Token counts, arithmetic and prices: offline, and each number says how it is known."""
