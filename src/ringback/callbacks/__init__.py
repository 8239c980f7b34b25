"""Callbacks: one customer's request, from asking to its outcome."""
