"""The generated pages of ``docs/reference``: what the code says of itself, as Markdown.

Each page is a function without arguments that returns its text. ``bin/docs`` writes them; a test compares them with
what is written, so that a page cannot say anything that the code no longer does.
"""

from collections.abc import Callable, Mapping

from docs.generate import api, commands, configuration, errors, lifecycle, messages, metrics, settings

PAGES: Mapping[str, Callable[[], str]] = {
    "command-line.md": commands.page,
    "configuration-file.md": configuration.page,
    "errors.md": errors.page,
    "lifecycle.md": lifecycle.page,
    "messages.md": messages.page,
    "metrics.md": metrics.page,
    "scheduler-api.md": api.page,
    "settings.md": settings.page,
}
"""The pages by file name."""
