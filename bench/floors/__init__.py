"""The least that any program could do."""
