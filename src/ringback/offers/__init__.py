"""What a widget may offer now, and why."""
