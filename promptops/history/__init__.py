"""What git remembers: the only room that knows git."""
