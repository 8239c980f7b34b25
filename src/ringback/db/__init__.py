"""The database: SQLite or PostgreSQL behind one small door.

A use case is a plain synchronous function of an open transaction (:class:`ringback.db.tx.Tx`). The asynchronous edge
runs it with ``await db.write(use_case, ...)`` or ``await db.read(use_case, ...)`` (:mod:`ringback.db.database`).
"""
