"""The SQL of text messages."""
