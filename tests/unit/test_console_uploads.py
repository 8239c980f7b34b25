"""Forms with files: whatever bytes a file has, they arrive as they were sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.console.uploads import read_parts
from ringback.kernel.errors import InvalidRequest

BOUNDARY = b"----x7MA4YWxkTrZu0gW"


def part(name: str, content: bytes, filename: str | None = None) -> bytes:
    file = f'; filename="{filename}"\r\nContent-Type: image/png' if filename is not None else ""
    head = f'Content-Disposition: form-data; name="{name}"{file}\r\n\r\n'
    return b"--" + BOUNDARY + b"\r\n" + head.encode() + content + b"\r\n"


def sent(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--" + BOUNDARY + b"--\r\n"


@given(st.binary(max_size=2000))
def test_files_arrive_as_they_were_sent(content):
    received = read_parts(
        BOUNDARY, sent(part("csrf", b"abc"), part("logo", content, "a.png"), part("note", b"\xc3\xa9"))
    )
    assert received.files == {"logo": content}
    assert received.form == {"csrf": "abc", "note": "é"}


@pytest.mark.parametrize("content", [b"", b"\r\n", b"\n", b"\r", b"\r\n--", b"a\r\n\r\nb", BOUNDARY, b"\xff\x00\r"])
def test_ends_of_lines_in_a_file_stay(content):
    assert read_parts(BOUNDARY, sent(part("logo", content, "a.png"))).files == {"logo": content}


def test_the_first_of_a_name_counts():
    received = read_parts(BOUNDARY, sent(part("a", b"1"), part("a", b"2"), part("f", b"1", ""), part("f", b"2", "")))
    assert (received.form, received.files) == ({"a": "1"}, {"f": b"1"})


def test_what_comes_after_the_end_is_nothing():
    assert read_parts(BOUNDARY, sent(part("a", b"1")) + sent(part("b", b"2"))).form == {"a": "1"}


@given(st.binary(max_size=300))
def test_whatever_is_sent_is_read_somehow(body):
    read_parts(BOUNDARY, body)
    read_parts(BOUNDARY, b"--" + BOUNDARY + body)


def test_no_more_than_a_form_has():
    many = [part(str(number), b"") for number in range(51)]
    assert len(read_parts(BOUNDARY, sent(*many[:50])).form) == 50
    with pytest.raises(InvalidRequest, match="too many fields"):
        read_parts(BOUNDARY, sent(*many))
