"""Running the checks: over which files, what is excused, what was known before, what is mended."""
