"""The migrations, run by :mod:`ringback.db.migrate`. Numbered upwards, one line, only forward."""
