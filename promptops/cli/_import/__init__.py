"""What `import` writes and says."""
