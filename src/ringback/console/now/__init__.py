"""What the live board shows: how each queue stands and why, its last hours as a line, the latest events."""
