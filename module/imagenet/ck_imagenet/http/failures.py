"""What the layers below raise, as the one failure that it means."""

from __future__ import annotations

import socket
import ssl
from contextlib import contextmanager
from http.client import HTTPException, IncompleteRead
from typing import Iterator

from requests import RequestException
from requests.exceptions import InvalidHeader
from urllib3.exceptions import DecodeError, HTTPError
from urllib3.exceptions import InvalidHeader as InvalidLength

from ..core.outcomes import Failed, Outcome
from ..core.text import printable
from . import tls

# RemoteDisconnected is a BadStatusLine too: the order matters.
_MEANINGS = (
    ((socket.timeout, TimeoutError), Outcome.SILENT),
    ((ConnectionResetError, BrokenPipeError, IncompleteRead), Outcome.CUT_SHORT),
    ((ssl.SSLError,), Outcome.CUT_SHORT),  # after the handshake
    ((HTTPException, InvalidHeader, InvalidLength, DecodeError), Outcome.NOT_HTTP),
)


@contextmanager
def named(otherwise: Outcome) -> Iterator[None]:
    """Turn whatever the layers below raise into `Failed`; what is unknown means `otherwise`."""
    try:
        yield
    except (RequestException, HTTPError, HTTPException, OSError, ValueError) as error:
        raise _named(error, otherwise) from None


def _named(error: BaseException, otherwise: Outcome) -> Failed:
    """Return the failure that a chain of wrapped exceptions comes from."""
    causes = list(_chain(error))
    for cause in causes:
        if isinstance(cause, Failed):
            return cause
        if isinstance(cause, ssl.SSLError) and cause.reason in tls.LATE:
            return tls.failure(cause)
    outcome = otherwise
    for kinds, meant in _MEANINGS:
        if any(isinstance(cause, kinds) for cause in causes):
            outcome = meant
            break
    return Failed(outcome, printable(str(causes[-1])) or type(causes[-1]).__name__)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and all that it wraps, as cause, context, argument or reason."""
    pending, seen = [error], set()
    while pending:
        error = pending.pop(0)
        if isinstance(error, BaseException) and id(error) not in seen:
            seen.add(id(error))
            yield error
            pending += [error.__cause__, error.__context__, getattr(error, "reason", None)]
            pending += [item for item in error.args if isinstance(item, BaseException)]
