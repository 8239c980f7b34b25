"""Rate limits: how often an address, a number, a prefix or an organization may ask."""
