"""What exactly happened, in words: no insides of libraries, whoever has written them down."""

from __future__ import annotations

import pytest
from ck_imagenet.core.outcomes import plain
from hypothesis import given
from hypothesis import strategies as st

POOL = (
    "HTTPConnectionPool(host='a.com', port=80): Max retries exceeded with url: /x.jpg (Caused by "
)
HUNG_UP = "the host hung up without an answer"


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ("IncompleteRead(123 bytes read, 456 more expected)", "123 bytes came, 456 are missing"),
        ("IncompleteRead(7 bytes read)", "7 bytes came, and no more"),
        ("[Errno 111] Connection refused", "connection refused"),
        ("a.com: [Errno -2] Name or service not known", "a.com: name or service not known"),
        ("gaierror(-2, 'Name or service not known')", "name or service not known"),
        ("Remote end closed connection without response", HUNG_UP),
        ("('Connection aborted.', RemoteDisconnected('Remote end closed connection'))", HUNG_UP),
        (
            "('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))",
            "connection reset by peer",
        ),
        (
            POOL
            + "NewConnectionError('<urllib3.connection.HTTPConnection object at 0x7f12>: Failed "
            "to establish a new connection: [Errno 111] Connection refused'))",
            "a.com:80: it could not be asked "
            "('Failed to establish a new connection: connection refused')",
        ),
        (POOL + "NewConnectionError('<urllib3.conn", "a.com:80: it could not be asked"),
        (
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self signed (_ssl.c:1129)",
            "TLS: certificate verify failed: self signed",
        ),
        (
            "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1)",
            "TLS: wrong version number",
        ),
        ("EOF occurred in violation of protocol (_ssl.c:1006)", "the host hung up"),
        ("begins '<!DOCTYPE html PUBLIC \"-//W3C//'", "a web page"),
        ("begins '\\n\\n<html>\\xe9'", "a web page"),
        ("begins '\\xef\\xbb\\xbf\\r\\n<HTML>'", "a web page"),
        ("begins '\\x00\\x01abc'", "bytes of no format that is known here"),
        ("begins 'no picture'", "begins 'no picture'"),
        (
            "cannot identify image file <_io.BytesIO object at 0x7f00>",
            "it is not a picture of any known format",
        ),
        ("Error -3 while decompressing data: bad block", "the packed data is damaged: bad block"),
        ("a chunk's size is b'zz'", "a chunk's size is 'zz'"),
        (r"a chunk's size is b'zz\\r\\n'", "a chunk's size is 'zz'"),
        ("Truncated File Read", "its end is missing"),
        (
            "Image size (4294836225 pixels) exceeds limit of 178956970 pixels, "
            "could be decompression bomb DOS attack.",
            "4294836225 pixels, more than 178956970",
        ),
        ("ConnectTimeoutError", "connect timeout"),
        (r"it begins with SSH-2.0-OpenSSH_5.3\r\n\x00\x01", "it begins with SSH-2.0-OpenSSH_5.3"),
        (r"it begins with \x15\x03", "it begins with bytes of no text"),
        (
            "http://b.com/IncompleteRead(1 bytes read): [Errno 111] Connection refused",
            "http://b.com/IncompleteRead(1 bytes read): connection refused",
        ),
    ],
)
def test_insides_become_words(detail: str, words: str) -> None:
    assert plain(detail) == words
    assert plain(f"404; cut-short: {detail}") == f"404; cut-short: {words}"


@pytest.mark.parametrize(
    "detail",
    [
        "",
        "404",
        "429, come back in 60 s",
        "of http://a.com/[Errno-5]/TypeError.jpg",
        "X-Robots-Tag: noai",
        "nothing came in 10 s",
        "the same bytes came under several names",
        "image file is truncated (12 bytes not processed)",
        "410; http://live.staticflickr.com/2/3.jpg: gone: 404",
    ],
)
def test_what_is_plain_stays(detail: str) -> None:
    assert plain(detail) == detail


@given(st.text() | st.text("<>()[]'\"\\:SLErno begins0x", max_size=300))
def test_any_detail_becomes_a_line(detail: str) -> None:
    assert "\n" not in plain(detail)
