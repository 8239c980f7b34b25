"""Where a contact centre tells how its agents' queues stand: ``POST /v1/call-targets/:id/queue-stats``."""
