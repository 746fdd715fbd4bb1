"""What `cliff` says: one file for each of its questions."""
