"""Reading and writing the files people write: the only room that knows file formats."""
