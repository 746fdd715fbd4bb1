"""What `eval` says, and what it asks before it spends."""
