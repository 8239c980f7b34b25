"""Where the keys of a TOML text stand, so that a problem can name its line.

``tomllib`` reads values and forgets places. This walks a text that ``tomllib`` has accepted and notes the line of each
key path; it trusts the text to be valid and looks at no value closer than it needs to find its end.
"""

import tomllib
from collections.abc import Mapping

Path = tuple[str | int, ...]
"""Keys and, in arrays, indexes from the outermost table inwards."""

Lines = Mapping[Path, int]
"""The line, counted from 1, of every key path of a text."""

_BLANK = " \t"
_BLANK_OR_END = " \t\r\n"


def lines_of(text: str) -> Lines:
    """The line of every key, table and array element in a valid TOML text."""
    walk = _Walk(text)
    walk.document()
    return walk.lines


def line_of(lines: Lines, path: Path) -> int | None:
    """The line of ``path`` or, when it is not in the text, of the nearest thing around it."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return None


class _Walk:
    def __init__(self, text: str) -> None:
        self.lines: dict[Path, int] = {}
        self._text = text + "\n\0"  # the end needs no case of its own
        self._place = 0
        self._counted = (0, 1)
        self._tables_in_array: dict[Path, int] = {}

    def document(self) -> None:
        table: Path = ()
        while not self._at_end():
            if self._next_is("[["):
                table = self._header("[[")
            elif self._next_is("["):
                table = self._header("[")
            else:
                self._entry(table)

    def _at_end(self) -> bool:
        self._skip(_BLANK_OR_END)
        return self._text[self._place] == "\0"

    def _header(self, opening: str) -> Path:
        self._place += len(opening)
        start = self._place
        keys = self._keys()
        self._place += len(opening)
        table: Path = ()
        for key in keys[:-1]:
            table = self._in_last_element((*table, key))
            self._note(table, start)  # unless it has a line already
        table = (*table, keys[-1])
        if opening == "[[":
            self._note(table, start)
            self._tables_in_array[table] = self._tables_in_array.get(table, -1) + 1
        table = self._in_last_element(table)
        self._note(table, start)
        return table

    def _in_last_element(self, table: Path) -> Path:
        return (*table, self._tables_in_array[table]) if table in self._tables_in_array else table

    def _entry(self, table: Path) -> None:
        """``key = value``, the key perhaps dotted."""
        start = self._place
        path = table
        for key in self._keys():
            path = (*path, key)
            self._note(path, start)
        self._place += 1  # the equals sign
        self._skip(_BLANK)
        self._value(path)

    def _keys(self) -> list[str]:
        keys: list[str] = []
        while True:
            self._skip(_BLANK)
            keys.append(self._key())
            self._skip(_BLANK)
            if not self._next_is("."):
                return keys
            self._place += 1

    def _key(self) -> str:
        start = self._place
        if self._text[start] not in "\"'":
            self._run_until(" \t.=]")
            return self._text[start : self._place]
        self._string()
        written = self._text[start : self._place]
        key: str = tomllib.loads(f"key = {written}")["key"]
        return key

    def _value(self, path: Path) -> None:
        if self._text[self._place] in "\"'":
            self._string()
        elif self._next_is("["):
            self._array(path)
        elif self._next_is("{"):
            self._inline_table(path)
        else:
            self._run_until(",]}#\n")

    def _array(self, path: Path) -> None:
        self._place += 1
        index = 0
        while self._has_more("]"):
            element = (*path, index)
            self._note(element, self._place)
            self._value(element)
            index += 1

    def _inline_table(self, path: Path) -> None:
        self._place += 1
        while self._has_more("}"):
            self._entry(path)

    def _has_more(self, closing: str) -> bool:
        self._skip(_BLANK_OR_END + ",")
        if self._next_is(closing):
            self._place += 1
            return False
        return True

    def _string(self) -> None:
        quote = self._text[self._place]
        ends = quote * 3 if self._next_is(quote * 3) else quote
        self._place += len(ends)
        while not self._next_is(ends):
            self._place += 2 if quote == '"' and self._next_is("\\") else 1
        self._place += len(ends)
        while len(ends) == 3 and self._next_is(quote):  # a text may end in quotes of its own: """"so""""
            self._place += 1

    def _skip(self, characters: str) -> None:
        """Skip these characters and, since one can stand wherever a line may end, comments."""
        while True:
            if self._text[self._place] in characters:
                self._place += 1
            elif self._next_is("#"):
                self._run_until("\n")
            else:
                return

    def _run_until(self, characters: str) -> None:
        while self._text[self._place] not in characters:
            self._place += 1

    def _next_is(self, text: str) -> bool:
        return self._text.startswith(text, self._place)

    def _note(self, path: Path, place: int) -> None:
        """Note the line of ``place``, the first for each path; lines are counted on from the last one noted."""
        counted_to, line = self._counted
        if place < counted_to:
            counted_to, line = 0, 1
        line += self._text.count("\n", counted_to, place)
        self._counted = (place, line)
        self.lines.setdefault(path, line)
