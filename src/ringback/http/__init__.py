"""The edge: HTTP in, use cases called, HTTP out."""
