"""TLS as browsers speak it, the same on every Python, and what a failed handshake means."""

from __future__ import annotations

import os
import socket
import ssl
from pathlib import Path

import certifi

from ..core.errors import BadInput
from ..core.outcomes import Failed, Outcome
from ..core.text import printable

# Python 3.10 leaves out all suites in which RSA alone exchanges keys, but hosts of 2011 know no
# others. Level 2 is OpenSSL's default since 3.2; Debian had it before.
_SUITES = "DEFAULT:@SECLEVEL=2"

_LEGACY_SERVER_CONNECT = 0x4
"""OP_LEGACY_SERVER_CONNECT, which Python names since 3.12: take hosts without RFC 5746, as browsers
do."""

_NO_SUITE = "it takes none of the ciphers that are safe today"
_OLD = "it speaks only what is no longer safe: TLS 1.1 or older"
_NO_TLS = "it does not speak TLS there"
_WEAK = "its key is too weak to be safe"
_ALERT_WORDS = {
    "SSLV3_ALERT_HANDSHAKE_FAILURE": _NO_SUITE,
    "TLSV1_ALERT_INSUFFICIENT_SECURITY": _NO_SUITE,
    "TLSV1_ALERT_PROTOCOL_VERSION": _OLD,
    "UNSUPPORTED_PROTOCOL": _OLD,
    "VERSION_TOO_LOW": _OLD,
    "WRONG_VERSION_NUMBER": _NO_TLS,
    "UNKNOWN_PROTOCOL": _NO_TLS,
    "PACKET_LENGTH_TOO_LONG": _NO_TLS,
    "RECORD_LAYER_FAILURE": _NO_TLS,
    "DH_KEY_TOO_SMALL": _WEAK,
    "EE_KEY_TOO_SMALL": _WEAK,
    "TLSV1_UNRECOGNIZED_NAME": "it does not know its own name",
    "TLSV1_ALERT_ACCESS_DENIED": "it does not let us in",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "it wants a certificate of ours",
}

LATE = ("TLSV13_ALERT_CERTIFICATE_REQUIRED",)
"""Failures of the handshake that TLS 1.3 reports only when the answer is read."""

_MAY_PASS = {
    "TLSV1_ALERT_INTERNAL_ERROR",
    "TLSV1_ALERT_USER_CANCELLED",
    "SSLV3_ALERT_BAD_RECORD_MAC",
    "DECRYPTION_FAILED_OR_BAD_RECORD_MAC",
}


def context(authorities: str) -> ssl.SSLContext:
    """Return the context of TLS connections.

    Parameters
    ----------
    authorities : str
        The file or folder with the certificates of the trusted authorities.

    Raises
    ------
    BadInput
        If it holds none that can be read.
    """
    offered = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    offered.minimum_version = ssl.TLSVersion.TLSv1_2
    offered.set_ciphers(_SUITES)
    offered.options |= _LEGACY_SERVER_CONNECT
    offered.hostname_checks_common_name = False
    folder = Path(authorities).is_dir()
    try:
        offered.load_verify_locations(
            cafile=None if folder else authorities, capath=authorities if folder else None
        )
    except OSError as error:
        raise BadInput(f'no certificates can be read from "{authorities}": {error}') from None
    return offered


def handshake_failure(error: OSError) -> Failed:
    """Return the failure that an error of a handshake means."""
    if isinstance(error, (socket.timeout, TimeoutError)):
        return Failed(Outcome.SILENT, "the TLS handshake did not end in time")
    if isinstance(error, ssl.SSLCertVerificationError):
        return Failed(Outcome.BAD_CERTIFICATE, printable(error.verify_message))
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return Failed(Outcome.CUT_SHORT, "in the TLS handshake: the host hung up")
    reason = getattr(error, "reason", None) or ""
    told = printable(reason.replace("_", " ").lower() or error.strerror or str(error))
    if reason in _MAY_PASS or not isinstance(error, ssl.SSLError):
        return Failed(Outcome.CUT_SHORT, f"in the TLS handshake: {told}")
    words = _ALERT_WORDS.get(reason)
    return Failed(Outcome.BAD_HANDSHAKE, f"{words} ({told})" if words else told)


_AUTHORITIES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


def authorities() -> str:
    """Return the file or folder of trusted authorities, as the environment says."""
    named = filter(None, map(os.environ.get, _AUTHORITIES))
    return next(named, None) or certifi.where()
