"""How long a customer will wait for a call: the estimate, and how it is told."""
