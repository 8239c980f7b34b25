"""``bench/estimates``: how good the estimates are, beside everybody else's."""

import argparse
import hashlib
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bench.quality import cases, tables
from bench.quality.measure import Measured, measure
from bench.quality.workload import KINDS

DOCUMENT = Path(__file__).parents[2] / "docs" / "estimate-quality.md"
TRIAL, FRESH = 1, 900_000
"""Where seeds begin: of looks at work in progress, on which things are tuned, and of the tables that are published."""


def main() -> None:
    """Read the arguments, measure, report."""
    parser = argparse.ArgumentParser(
        prog="bench/estimates", description="Measure the estimates; see docs/estimate-quality.md."
    )
    parser.add_argument(
        "--seeds", type=int, default=9, help="how many days of each kind (9), thrice as many where no two are alike"
    )
    parser.add_argument("--first-seed", type=int, help=f"the first of them ({TRIAL}; with --write {FRESH})")
    parser.add_argument("--kinds", default=",".join(KINDS), help="text-book days; absent: all; empty: none")
    parser.add_argument("--agents", default=",".join(map(str, cases.SIZES)), help="sizes of the text-book days")
    parser.add_argument("--no-scenarios", action="store_true", help="without the shipped scenarios")
    parser.add_argument("--processes", type=int, help="at once; absent: as many as there are processors")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/estimate-quality.md")
    asked = parser.parse_args()
    kinds = [kind for kind in asked.kinds.split(",") if kind]
    if unknown := set(kinds) - set(KINDS):
        parser.error(f"there is no kind {', '.join(sorted(unknown))}; there are {', '.join(KINDS)}")
    sizes = [int(size) for size in asked.agents.split(",")]
    first = asked.first_seed if asked.first_seed is not None else FRESH if asked.write else TRIAL
    measured_code = code()
    begun = time.monotonic()
    with ProcessPoolExecutor(asked.processes) as processes:
        found = partial(processes.map, partial(measure, first=first, days=asked.seeds, say=_say))
        books, played = found(cases.text_book(kinds, sizes)), found([] if asked.no_scenarios else cases.scenarios())
        text = report(
            list(books),
            list(played),
            f"{asked.seeds} days of each kind, of those no two of which are alike {asked.seeds * cases.MORE_DAYS}, "
            f"seeds from {first}, {datetime.now(UTC).date()}, `forecast/` {measured_code}.",
        )
    _say(f"{time.monotonic() - begun:.0f} s")
    print(text)
    if asked.write:
        write_into(DOCUMENT, text)


def report(books: list[Measured], played: list[Measured], how: str) -> str:
    """All tables."""
    parts = [f"Measured on {how}"]
    for title, measured in (("Text-book days", books), ("Shipped scenarios", played)):
        if measured:
            parts += [f"### {title}", tables.summary(measured), tables.beside_the_best(measured)]
            parts += ["Everybody's error on the median day:", tables.errors(measured, lambda one: dict(one.scores))]
            overall = tables.errors(measured, lambda one: dict(one.scores), tables.all_days)
            parts += ["Everybody's error over all days together:", overall]
            parts += ["Everybody's bias, and the share of promises missed:", tables.promises(measured)]
    if any(one.first_half_hour for one in books):
        parts += [
            "### The first half hour of text-book days",
            tables.errors(books, lambda one: dict(one.first_half_hour)),
        ]
    return "\n\n".join(parts) + "\n"


def code() -> str:
    """A checksum of the code that estimates: tables of another one are out of date."""
    files = sorted((Path(__file__).parents[2] / "src" / "ringback" / "forecast").glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:8]


def write_into(document: Path, text: str) -> None:
    """Put it between the markers of the document; ``RuntimeError`` when it has none."""
    begin, end = "<!-- measured: begin -->", "<!-- measured: end -->"
    before, _, rest = document.read_text(encoding="utf-8").partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise RuntimeError(f"{document} lacks the markers {begin} and {end}")
    document.write_text(f"{before}{begin}\n\n{text}\n{end}{after}", encoding="utf-8")


def _say(words: str) -> None:
    sys.stderr.write(words + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
