"""Logging: one event a line, for people or as JSON. Numbers are masked by those who log them."""

import logging
import sys
from typing import TextIO

import structlog
from structlog.typing import Processor

from ringback.settings import Settings


def set_up(settings: Settings, stream: TextIO | None = None) -> None:
    """Send all logs, the libraries' too, to ``stream`` (standard error) in the settings' format and from its level."""
    stream = stream or sys.stderr
    level = getattr(logging, settings.log_level.upper())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    as_json = settings.log_format == "json"
    if as_json:
        shared.append(structlog.processors.format_exc_info)
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=stream.isatty(),
            pad_event_to=0,
            exception_formatter=structlog.dev.plain_traceback,  # the other ones print local variables: numbers, names
        )
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for library in ("uvicorn", "httpx2", "httpcore2"):  # the clients log addresses, and accounts with them
        logging.getLogger(library).setLevel(max(level, logging.WARNING))
    logging.getLogger("uvicorn.access").disabled = True
