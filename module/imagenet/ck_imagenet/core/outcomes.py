"""What can become of a URL: a row for each outcome, and in words what exactly happened."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Callable, Match


class HostSignal(Enum):
    """What a request told about its host."""

    ANSWER = "a complete answer, whatever it says"
    ANSWER_AGAIN = "one to a link that the host has refused before"
    BUSY = "come later"
    TIMEOUT = "nobody there, or too slow"
    UNCLEAR = "anything else"


@dataclass(frozen=True)
class Row:
    """All that is known of one outcome: whoever has a question about outcomes asks a field here."""

    word: str
    """What journals, summaries and users see; journals keep it for ever."""
    meaning: str
    """The same in a sentence."""
    final: bool
    """Whether asking again cannot help; `--retry-failed` asks for the others."""
    signal: HostSignal
    """What it tells of the host that was asked."""
    wayback_helps: bool
    """Whether the Wayback Machine may have the picture."""
    successor_helps: bool
    """Whether the picture may have another address, if its host has changed."""
    like_a_ban: bool = False
    """Whether hosts are known to answer so, instead of 429, to whom they have shut out."""
    unanswered: bool = False
    """Whether nobody answered: so does a machine without a network fare."""
    wayback_fault: bool = False
    """Whether the Wayback Machine tells so of itself, or of the way to it, and not of a link."""
    alive: bool = False
    """Whether the link gave its picture, though it need not be here."""


_ANSWER, _TIMEOUT, _UNCLEAR = HostSignal.ANSWER, HostSignal.TIMEOUT, HostSignal.UNCLEAR


class Outcome(Enum):
    """What became of one URL: each failure has a name. docs/commands.md is made of these rows."""

    # fmt: off
    SAVED = Row("saved", "the picture is saved here",
        final=True, signal=_ANSWER, wayback_helps=False, successor_helps=False, alive=True)

    GONE = Row("gone", "the host says that the picture is gone (404, 410)",
        final=True, signal=_ANSWER, wayback_helps=True, successor_helps=True, like_a_ban=True)
    FORBIDDEN = Row("forbidden", "the host refuses the picture (401, 402, 403, 451)",
        final=True, signal=_ANSWER, wayback_helps=True, successor_helps=True, like_a_ban=True)
    HTTP_ERROR = Row("http-error", "the host answered with another error",
        final=True, signal=_ANSWER, wayback_helps=True, successor_helps=True, like_a_ban=True)
    OPTED_OUT = Row("opted-out",
        "the host forbids use for training (X-Robots-Tag)",
        final=True, signal=_ANSWER, wayback_helps=False, successor_helps=False, alive=True)
    REJECTED = Row("rejected", "you rejected it with ck clean; never asked for again",
        final=True, signal=_ANSWER, wayback_helps=False, successor_helps=False, alive=True)
    DUPLICATE = Row("duplicate", "the same picture is here under another number",
        final=True, signal=_ANSWER, wayback_helps=False, successor_helps=False, alive=True)
    PLACEHOLDER = Row("placeholder", "a picture that only says that the real one is gone",
        final=True, signal=_ANSWER, wayback_helps=True, successor_helps=False)
    NOT_A_PICTURE = Row("not-a-picture", "a web page or other text instead of a picture",
        final=True, signal=_ANSWER, wayback_helps=True, successor_helps=True,
        like_a_ban=True, wayback_fault=True)
    OTHER_FORMAT = Row("other-format",
        "a picture in another format, such as AVIF or SVG",
        final=True, signal=_ANSWER, wayback_helps=True, successor_helps=True, like_a_ban=True)
    UNDECODABLE = Row("undecodable", "compressed in a way that cannot be undone, such as br",
        final=True, signal=_ANSWER, wayback_helps=True, successor_helps=True, like_a_ban=True)
    EMPTY = Row("empty", "an answer without content",
        final=True, signal=_ANSWER, wayback_helps=True, successor_helps=True,
        like_a_ban=True, wayback_fault=True)
    TRUNCATED = Row("truncated", "only the beginning of a picture",
        final=True, signal=_ANSWER, wayback_helps=True, successor_helps=True)
    BROKEN = Row("broken", "a damaged picture, which cannot be decoded",
        final=True, signal=_ANSWER, wayback_helps=True, successor_helps=True)
    TOO_SMALL = Row("too-small", "a tiny picture, such as a tracking pixel",
        final=True, signal=_ANSWER, wayback_helps=True, successor_helps=True)
    TOO_LARGE = Row("too-large", "larger than any picture of ImageNet, or slow to decode",
        final=True, signal=_ANSWER, wayback_helps=True, successor_helps=True)
    REDIRECTS = Row("redirects", "redirected in a circle, too often, or to nowhere",
        final=True, signal=_ANSWER, wayback_helps=True, successor_helps=True)
    BAD_URL = Row("bad-url", "the URL is not valid",
        final=True, signal=_UNCLEAR, wayback_helps=False, successor_helps=True)
    PRIVATE_ADDRESS = Row("private-address", "the host's address is not public, so it is not asked",
        final=True, signal=_UNCLEAR, wayback_helps=False, successor_helps=False, wayback_fault=True)
    NO_SUCH_HOST = Row("no-such-host", "the host's name does not exist",
        final=True, signal=_UNCLEAR, wayback_helps=True, successor_helps=True,
        unanswered=True, wayback_fault=True)
    BAD_CERTIFICATE = Row("bad-certificate", "the host's certificate is not valid",
        final=True, signal=_UNCLEAR, wayback_helps=True, successor_helps=True, wayback_fault=True)
    BAD_HANDSHAKE = Row("bad-handshake", "no secure connection (TLS) to the host is possible",
        final=True, signal=_UNCLEAR, wayback_helps=True, successor_helps=True, wayback_fault=True)
    NOT_HTTP = Row("not-http", "the host does not answer in HTTP",
        final=True, signal=_UNCLEAR, wayback_helps=True, successor_helps=True)

    BUSY = Row("busy", "the host asks you to come back later (420, 429, 503)",
        final=False, signal=HostSignal.BUSY, wayback_helps=False, successor_helps=True)
    SERVER_ERROR = Row("server-error", "the host has an error of its own (408, 425, 500 and up)",
        final=False, signal=_ANSWER, wayback_helps=False, successor_helps=True, like_a_ban=True)
    CUT_SHORT = Row("cut-short", "the connection ended before the answer was complete",
        final=False, signal=_UNCLEAR, wayback_helps=False, successor_helps=True, like_a_ban=True)
    STALLED = Row("stalled", "the answer began, and did not end in time",
        final=False, signal=_TIMEOUT, wayback_helps=False, successor_helps=True, like_a_ban=True)
    SILENT = Row("silent", "the host did not answer in time",
        final=False, signal=_TIMEOUT, wayback_helps=False, successor_helps=True,
        like_a_ban=True, unanswered=True)
    REFUSED = Row("refused", "the host refused or lost the connection",
        final=False, signal=_TIMEOUT, wayback_helps=False, successor_helps=True,
        like_a_ban=True, unanswered=True)
    HOST_BUSY = Row("host-busy", "not asked: the host was busy too often",
        final=False, signal=_UNCLEAR, wayback_helps=False, successor_helps=False)
    HOST_DOWN = Row("host-down", "not asked: the host did not answer",
        final=False, signal=_UNCLEAR, wayback_helps=False, successor_helps=True, unanswered=True)

    # fmt: on

    def __new__(cls, row: Row) -> Outcome:
        outcome = object.__new__(cls)
        outcome._value_ = row.word  # what other processes are sent
        return outcome

    def __init__(self, row: Row) -> None:
        self.word = row.word
        self.meaning = row.meaning
        self.final = row.final
        self.signal = row.signal
        self.wayback_helps = row.wayback_helps
        self.successor_helps = row.successor_helps
        self.like_a_ban = row.like_a_ban
        self.unanswered = row.unanswered
        self.wayback_fault = row.wayback_fault
        self.alive = row.alive

    @classmethod
    def named(cls, word: str) -> Outcome:
        """Return the outcome whose word is `word`; raise KeyError if there is none."""
        return _BY_WORD[word]


_BY_WORD = {outcome.word: outcome for outcome in Outcome}


class Failed(Exception):
    """One URL failed: the reason that every part of fetching and judging gives.

    Attributes
    ----------
    outcome : Outcome
        The failure's name.
    detail : str
        What exactly happened, for the journal: a status code, an exception's text.
    retry_after : float
        Seconds that the host asked to be left alone, 0 if it did not.
    capture : str
        The address of what an archive once captured, if that is what failed: that is news of the
        URL, and none of the archive.
    """

    capture = ""

    def __init__(self, outcome: Outcome, detail: str = "", retry_after: float = 0.0) -> None:
        super().__init__(f"{outcome.word}: {detail}" if detail else outcome.word)
        self.outcome = outcome
        self.detail = detail
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[type[Failed], tuple[Outcome, str], dict[str, object]]:
        """Let it be sent to other processes."""
        return Failed, (self.outcome, self.detail), vars(self)

    @property
    def why(self) -> str:
        """What happened, for people; the detail has the one status of all that may mean it."""
        return f"{_STATUSES.sub('', self.outcome.meaning)} ({plain(self.detail)})"


_STATUSES = re.compile(r" \([0-9]{3}\b[^)]*\)$")


_A_DAY = 86_400
"""Seconds."""


def come_back(seconds: float) -> str:
    """Return how a host that asks for a rest is quoted: some ask for thousands of years."""
    return f"come back in {seconds:.0f} s" if seconds <= _A_DAY else "come back in more than a day"


class Postponed(Exception):
    """This machine has no room for a URL now: no news of the URL, and none of its host."""


# Libraries tell in their own words what exactly happened, and the journal keeps these. All that
# people read goes through here, also what earlier versions have written.

_LONGEST_DETAIL = 4096
"""Characters; what is longer says nothing more."""

_SHORTEST = 2
"""Characters; what is shorter is no text."""

_BYTE_ORDER_MARK = r"\xef\xbb\xbf"
"""Of UTF-8, as details write it."""

_HUNG_UP = "the host hung up without an answer"
_SAID = Callable[[Match[str]], str]


def plain(detail: str) -> str:
    """Return what a detail says, without the insides of any library."""
    told = _QUOTED_BEGINNING.sub(_beginning, " ".join(detail[:_LONGEST_DETAIL].split()))
    return "".join(
        part if part.startswith("http") else _reworded(part) for part in _QUOTED_URL.split(told)
    ).strip()


def _reworded(told: str) -> str:
    for pattern, words in _WORDS:
        told = pattern.sub(words, told)
    return told


def _missing(match: Match[str]) -> str:
    came, left = match["came"], match["left"]
    return f"{came} bytes came, {left} are missing" if left else f"{came} bytes came, and no more"


def _reason(match: Match[str]) -> str:
    return match["reason"][:1].lower() + match["reason"][1:]


def _named(match: Match[str]) -> str:
    """Return what an exception says, or its name in words."""
    if match["said"]:
        return match["said"].strip("'\"")
    name = re.sub("(?:Error|Exception)$", "", match["name"])
    return "" if match["colon"] else re.sub("(?<=[a-z])(?=[A-Z])", " ", name).lower() or "an error"


def _text(match: Match[str]) -> str:
    text = match["text"].strip()
    return f"it begins with {text}" if len(text) > _SHORTEST else "it begins with bytes of no text"


def _tls(match: Match[str]) -> str:
    reason = match["reason"].strip()
    return f"TLS: {reason}" if reason else f"TLS: {match['code'].replace('_', ' ').lower()}"


def _beginning(match: Match[str]) -> str:
    """Say what bytes are that are no picture, of which the first are told."""
    first = match["first"].replace(_BYTE_ORDER_MARK, "", 1).lstrip("\\tnr ")
    lower = first.lower()
    if lower.startswith(("<!doctype html", "<html", "<head", "<body", "<script", "<meta", "<!--")):
        return "a web page"
    if lower.startswith(("<svg", "<?xml")):
        return "a text in XML"
    if lower.startswith("<"):
        return "a text with tags, such as a web page"
    if "\\x" in first:
        return "bytes of no format that is known here"
    return match.group() if "\\" not in first else "a text"


_TLS = r"\[(?:SSL|X509|PEM|ASN1)(?:: (?P<code>[A-Z0-9_]+))?\] ?(?P<reason>[^();]*)"

_RULES: tuple[tuple[str, str | _SAID], ...] = (
    # urllib3's and requests' objects, which stand around what happened.
    (r"<[\w.]+ object at 0x(?:[0-9a-f]+>:? ?|[0-9a-f]*$)", ""),
    (r"HTTPS?ConnectionPool\(host='?([^',)]*)'?, port=(\w+)\)", r"\1:\2"),
    (r"Max retries exceeded with url: \S+ ?", "it could not be asked "),
    (r"\(Caused by (?:[\w.]+\()?(?P<reason>[^()]*(?:\([^()]*\)[^()]*)*)\)+", r"(\g<reason>)"),
    (r" ?\(Caused by [^)]*$", ""),  # of what was shortened
    (r"\('Connection aborted\.', (?P<reason>.*?\)?)\)", r"\g<reason>"),
    (r"(?:http\.client\.)?RemoteDisconnected\(['\"]?.*?['\"]?\)", _HUNG_UP),
    (r"Remote end closed connection without response", _HUNG_UP),
    (
        r"(?:http\.client\.)?IncompleteRead\((?P<came>\d+) bytes read"
        r"(?:, (?P<left>\d+) more expected)?\)",
        _missing,
    ),
    (r"(?:http\.client\.)?BadStatusLine\((?P<line>.*?)\)", r"it began with \g<line>"),
    (r"\bit begins with (?P<text>[^\\]*)\\[rnx0-9].*", _text),
    # What the system says, with its numbers.
    (r"\[(?:Errno|WinError) -?\d+\] (?P<reason>[A-Z][^:;()]*)", _reason),
    (r"\b(?:[A-Z]\w*Error|gaierror|timeout)\(-?\d+, '(?P<reason>[^']*)'\)", _reason),
    (r"\[(?:Errno|WinError) -?\d+\] ?", ""),
    # OpenSSL, with its file and line.
    (r" ?\(_ssl\.c:\d+\)", ""),
    (_TLS, _tls),
    (r"EOF occurred in violation of protocol", "the host hung up"),
    # Python, of what it was given.
    (r"Error -\d+ while decompressing data:? ?", "the packed data is damaged: "),
    (r"encoding with '?idna'? codec failed(?: \([^)]*\))?", "the host has no name to be asked by"),
    (r"Port could not be cast to integer value as (\S+)", "the port is not a number: \\1"),
    (r"cannot identify image file(?: <[^>]*>)?", "it is not a picture of any known format"),
    (r"\bb(?P<text>'[^']*')", r"\g<text>"),
    (r"(?<=a chunk's size is )'([^'\\]*)[\\rn]*'", r"'\1'"),
    # Pillow.
    (r"Truncated File Read", "its end is missing"),
    (
        r"Image size \((\d+) pixels\) exceeds limit of (\d+) pixels"
        r"(?:, could be decompression bomb DOS attack\.?)?",
        r"\1 pixels, more than \2",
    ),
    (
        r"\b(?:[A-Za-z_]\w*\.)*(?P<name>[A-Z]\w*?(?:Error|Exception))"
        r"(?:(?P<colon>: )|\((?P<said>[^()]*)\)|\b)",
        _named,
    ),
)
_QUOTED_URL = re.compile(r"(https?://\S+)")
_QUOTED_BEGINNING = re.compile(r"begins b?(?P<quote>['\"])(?P<first>.*?)(?P=quote)(?=$|[;)])")
_WORDS = tuple((re.compile(pattern), words) for pattern, words in _RULES)
