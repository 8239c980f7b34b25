"""The pages that a customer sees: ask for a callback (a convey), then see it, move it or cancel it."""
