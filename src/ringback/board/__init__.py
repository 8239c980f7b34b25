"""What a supervisor looks at: how each queue stands, how it stood, and what has just happened."""
