"""Access control policies: which networks and which tokens may use a widget or an organization's endpoints."""
