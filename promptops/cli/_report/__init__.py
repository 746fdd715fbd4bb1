"""What `report` puts on its page."""
