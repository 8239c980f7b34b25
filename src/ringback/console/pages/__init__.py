"""The pages, each with its addresses in ``ENTRIES``."""
