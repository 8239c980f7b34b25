"""Organizations: the tenants, each with its whole configuration in one value."""
