"""CSV files that a spreadsheet opens without surprises."""

import csv
import io
from collections.abc import Iterable, Sequence

Cell = str | int | float | None

MEDIA = "text/csv; charset=utf-8"


def csv_file(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """The file, with a mark of its encoding at the beginning, without which spreadsheets guess wrong."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def harmless(cell: Cell) -> Cell:
    """What a spreadsheet would take for a formula begins with an apostrophe. Numbers stay what they are."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
