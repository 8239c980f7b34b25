"""The engine and its sessions: durable on SQLite too, with the settings that its documentation recommends."""

import os
from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

_url = os.environ["DATABASE_URL"]
_is_sqlite = _url.startswith("sqlite")

engine = create_async_engine(_url, pool_size=int(os.environ.get("DATABASE_CONNECTIONS", "5")), max_overflow=0)
new_session = async_sessionmaker(engine, expire_on_commit=False)


async def reading() -> AsyncIterator[AsyncSession]:
    """A session for a request that reads."""
    async with new_session() as session:
        yield session


async def writing() -> AsyncIterator[AsyncSession]:
    """A session for a request that writes."""
    async with new_session() as session:
        await session.connection(execution_options={"writes": True})
        yield session


if _is_sqlite:

    @event.listens_for(engine.sync_engine, "connect")
    def _set_up(connection: Any, _: object) -> None:
        connection.isolation_level = None  # so that BEGIN is ours
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA busy_timeout = 30000")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        # A transaction that reads first and writes later would fail when another has written in between.
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
