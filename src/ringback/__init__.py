"""Ringback: an open, self-hosted callback scheduler for contact centres."""

__version__ = "0.1.0"
