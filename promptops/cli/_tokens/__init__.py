"""What `tokens` counts and shows."""
