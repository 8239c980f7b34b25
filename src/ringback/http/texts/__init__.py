"""Where gateways tell what came in and what became of texts."""
