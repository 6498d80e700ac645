"""What can become of a URL: each failure has a name."""

from __future__ import annotations

from enum import Enum

_A_DAY = 86_400
"""Seconds."""


class Outcome(Enum):
    """What became of one URL.

    Attributes
    ----------
    word : str
        What journals, summaries and users see.
    meaning : str
        The same in a sentence.
    final : bool
        Asking again cannot help.
    """

    SAVED = ("saved", "the picture is here")

    GONE = ("gone", "the host says that it is gone (404, 410)")
    FORBIDDEN = ("forbidden", "the host does not give it to us (401, 402, 403, 451)")
    HTTP_ERROR = ("http-error", "the host answered with another error")
    OPTED_OUT = ("opted-out", "the host asks not to be used for training machines (X-Robots-Tag)")
    REJECTED = ("rejected", "a picture that you have rejected with ck clean; never asked again")
    DUPLICATE = ("duplicate", "the same picture is here from another URL")
    PLACEHOLDER = ("placeholder", "a picture that says that the picture is gone")
    NOT_A_PICTURE = ("not-a-picture", "a web page or other text instead of a picture")
    OTHER_FORMAT = ("other-format", "a picture in a format that is not kept, such as AVIF or SVG")
    UNDECODABLE = ("undecodable", "packed in a way that cannot be undone here, such as br")
    EMPTY = ("empty", "an answer without a body")
    TRUNCATED = ("truncated", "a picture that the host keeps only in part")
    BROKEN = ("broken", "a picture that cannot be decoded")
    TOO_SMALL = ("too-small", "a tracking pixel or a spacer")
    TOO_LARGE = ("too-large", "more bytes, pixels or work than any picture of ImageNet has")
    REDIRECTS = ("redirects", "redirected in a circle, too often, or to nowhere")
    BAD_URL = ("bad-url", "no address that can be asked")
    PRIVATE_ADDRESS = ("private-address", "not a public address, so never asked")
    NO_SUCH_HOST = ("no-such-host", "the host's name does not exist")
    BAD_CERTIFICATE = ("bad-certificate", "the host cannot prove who it is")
    BAD_HANDSHAKE = ("bad-handshake", "no secure connection (TLS) comes about with the host")
    NOT_HTTP = ("not-http", "the host speaks something else than HTTP")

    BUSY = ("busy", "the host asks to come later (420, 429, 503)", False)
    SERVER_ERROR = ("server-error", "the host failed (408, 425, 500 and above)", False)
    CUT_SHORT = ("cut-short", "the connection ended before the answer did", False)
    STALLED = ("stalled", "the answer began and did not end in time", False)
    SILENT = ("silent", "the host did not answer in time", False)
    REFUSED = ("refused", "the host refused or lost the connection", False)
    HOST_BUSY = ("host-busy", "not asked any more, for its host was busy too often", False)
    HOST_DOWN = ("host-down", "not asked, for its host did not answer", False)

    def __init__(self, word: str, meaning: str, final: bool = True) -> None:
        self.word = word
        self.meaning = meaning
        self.final = final

    @property
    def unanswered(self) -> bool:
        """Whether nobody answered: so does a machine without a network fare."""
        return self in (
            Outcome.NO_SUCH_HOST,
            Outcome.SILENT,
            Outcome.REFUSED,
            Outcome.HOST_DOWN,
        )

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


def come_back(seconds: float) -> str:
    """Return how a host that asks for a rest is quoted: some ask for thousands of years."""
    return f"come back in {seconds:.0f} s" if seconds <= _A_DAY else "come back in more than a day"


class Postponed(Exception):
    """This machine has no room for a URL now: no news of the URL, and none of its host."""
