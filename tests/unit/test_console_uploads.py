"""Forms with files: whatever bytes a file has, they arrive as they were sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.console.uploads import read_parts
from ringback.kernel.errors import InvalidRequest

BOUNDARY = b"----x7MA4YWxkTrZu0gW"
KIND = b"multipart/form-data; boundary=" + BOUNDARY


def part(name: str, content: bytes, filename: str | None = None) -> bytes:
    file = f'; filename="{filename}"\r\nContent-Type: image/png' if filename is not None else ""
    head = f'Content-Disposition: form-data; name="{name}"{file}\r\n\r\n'
    return b"--" + BOUNDARY + b"\r\n" + head.encode() + content + b"\r\n"


def sent(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--" + BOUNDARY + b"--\r\n"


@given(st.binary(max_size=2000), st.text(max_size=50))
def test_files_arrive_as_they_were_sent(content, text):
    received = read_parts(KIND, sent(part("csrf", b"abc"), part("logo", content, "a.png"), part("note", text.encode())))
    assert received.files == {"logo": content}
    assert received.form["csrf"] == "abc"


@pytest.mark.parametrize(
    "content", [b"\r\n", b"\n", b"\r", b"\r\n--", b"a\r\n\r\nb", b"--" + BOUNDARY[:-1], b"\xff\x00\r"]
)
def test_ends_of_lines_in_a_file_stay(content):
    assert read_parts(KIND, sent(part("logo", content, "a.png"))).files == {"logo": content}


def test_the_first_of_a_name_counts():
    received = read_parts(KIND, sent(part("a", b"1"), part("a", b"2"), part("f", b"1", ""), part("f", b"2", "")))
    assert (received.form, received.files) == ({"a": "1"}, {"f": b"1"})


@given(st.binary(max_size=300))
def test_whatever_is_sent_is_read_somehow(body):
    read_parts(KIND, body)
    read_parts(b"multipart/form-data", body)


def test_no_more_than_a_form_has():
    with pytest.raises(InvalidRequest, match="too many fields"):
        read_parts(KIND, sent(*(part(str(number), b"") for number in range(51))))
