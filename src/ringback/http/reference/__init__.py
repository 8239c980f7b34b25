"""The human reference of the Scheduler API: one page, rendered from the contract, that loads nothing from elsewhere."""

from ringback.http.reference.render import page

__all__ = ["page"]
