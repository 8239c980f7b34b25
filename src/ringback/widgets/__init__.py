"""The public ways to ask for a callback, and the words they answer with."""
