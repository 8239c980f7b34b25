"""Writes the generated pages: ``bin/docs``."""

import sys
from pathlib import Path

from docs.generate import PAGES

REFERENCE = Path(__file__).parent.parent / "reference"

for name, page in PAGES.items():
    path = REFERENCE / name
    text = page()
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")
        sys.stdout.write(f"written: {path}\n")
