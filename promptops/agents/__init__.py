"""What coding agents load: which instruction files of a repository reach which tool's context."""
