"""Calling people: the port to the telephone network, and the drivers behind it."""
