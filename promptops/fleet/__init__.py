"""Many repositories at once, each read at its HEAD: what they hold, cost, lack, and who knows it.

Nothing of a repository is changed, checked out or run. Of what has not changed since the last time
nothing is worked out again: findings and sizes are kept by content, people by commit.
"""
