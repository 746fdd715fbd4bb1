"""One foreign format a module, both ways where both make sense."""
