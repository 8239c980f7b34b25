"""``python -m bench.main``: the rows that are asked for, measured and reported. ``bench/run`` calls it."""

import argparse
from collections.abc import Callable

from bench import report
from bench.contest import Outcome
from bench.rows import claims, due, pages, requests, simulator, start, status, texting
from bench.setting import Setting, scratch_directory

ROWS: dict[int, Callable[[Setting], Outcome]] = {
    1: status.beside_others,
    2: status.with_much_in_the_database,
    3: requests.on_sqlite,
    4: requests.on_postgresql,
    5: claims.of_due_callbacks,
    6: due.to_dial_command,
    7: simulator.of_a_day,
    8: start.and_memory,
    10: pages.of_the_console,
    11: texting.of_conversations,
}


def main() -> None:
    """Read the arguments, measure, report."""
    parser = argparse.ArgumentParser(prog="bench/run", description="Measure Ringback; see docs/performance.md.")
    parser.add_argument(
        "rows", nargs="*", type=int, metavar="ROW", help=f"one of {', '.join(map(str, ROWS))}; absent: all"
    )
    parser.add_argument("--rounds", type=int, default=5, help="how often everybody is measured (5)")
    parser.add_argument("--seconds", type=float, default=4, help="how long a measurement lasts (4)")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    asked = parser.parse_args()
    if unknown := sorted(set(asked.rows) - set(ROWS)):
        parser.error(f"there is no row {', '.join(map(str, unknown))}")
    with scratch_directory() as scratch:
        for row in asked.rows or ROWS:
            setting = Setting(scratch, asked.rounds, asked.seconds)
            setting.say(f"Row {row}")
            text = report.text_of(ROWS[row](setting), setting)
            print(text, flush=True)
            setting.say(f"Kept in {report.keep(text)}")
            if asked.write:
                report.write_into_document(row, text)


if __name__ == "__main__":
    main()
