"""What every widget offers now, kept in memory."""
