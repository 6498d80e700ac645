"""TLS: what is offered to hosts, and what failed handshakes mean."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import certifi
import pytest
from ck_imagenet.core.errors import BadInput
from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.http import tls


class TestContext:
    """The same on every Python."""

    @pytest.fixture
    def offered(self) -> ssl.SSLContext:
        """Return what is offered."""
        return tls.context(certifi.where())

    def test_hosts_must_prove_who_they_are(self, offered: ssl.SSLContext) -> None:
        assert offered.verify_mode is ssl.CERT_REQUIRED
        assert offered.check_hostname
        assert not offered.hostname_checks_common_name, "browsers do not either"

    def test_suites_are_those_of_openssl_and_no_tls_is_older_than_1_2(
        self, offered: ssl.SSLContext
    ) -> None:
        suites = {suite["name"] for suite in offered.get_ciphers()}
        assert {"AES128-SHA", "AES256-GCM-SHA384", "ECDHE-RSA-AES128-SHA"} <= suites
        assert not [name for name in suites if name.startswith(("NULL", "DES", "RC4", "ADH"))]
        assert offered.minimum_version is ssl.TLSVersion.TLSv1_2

    def test_certificates_need_not_be_written_as_python_3_13_wants_them(
        self, offered: ssl.SSLContext
    ) -> None:
        assert not offered.verify_flags & ssl.VERIFY_X509_STRICT

    def test_hosts_without_safe_renegotiation_are_taken_as_by_browsers(
        self, offered: ssl.SSLContext
    ) -> None:
        """Seen with GnuTLS's server, which can do without: Chromium takes it, curl does not."""
        assert offered.options & 0x4

    def test_certificates_that_cannot_be_read_are_named(self, tmp_path: Path) -> None:
        with pytest.raises(BadInput, match=r"no certificates can be read from .*gone\.pem"):
            tls.context(str(tmp_path / "gone.pem"))


def error(reason: str) -> ssl.SSLError:
    """Return an error as OpenSSL gives it."""
    made = ssl.SSLError(1, f"[SSL: {reason}] (_ssl.c:1006)")
    made.reason = reason
    return made


class TestFailure:
    """What failed, in words."""

    @pytest.mark.parametrize(
        ("raised", "meant", "detail"),
        [
            (
                error("SSLV3_ALERT_HANDSHAKE_FAILURE"),
                Outcome.BAD_HANDSHAKE,
                "it takes none of the ciphers that are safe today (sslv3 alert handshake failure)",
            ),
            (
                error("UNSUPPORTED_PROTOCOL"),
                Outcome.BAD_HANDSHAKE,
                "it speaks only what is no longer safe: TLS 1.1 or older (unsupported protocol)",
            ),
            (error("BAD_EXTENSION"), Outcome.BAD_HANDSHAKE, "bad extension"),
            (
                error("TLSV1_ALERT_INTERNAL_ERROR"),
                Outcome.CUT_SHORT,
                "in the TLS handshake: tlsv1 alert internal error",
            ),
            (
                ConnectionResetError(104, "Connection reset by peer"),
                Outcome.CUT_SHORT,
                "in the TLS handshake: Connection reset by peer",
            ),
            (
                ssl.SSLEOFError(8, "EOF occurred in violation of protocol"),
                Outcome.CUT_SHORT,
                "in the TLS handshake: the host hung up",
            ),
            (socket.timeout(), Outcome.SILENT, "the TLS handshake did not end in time"),
        ],
    )
    def test_it_has_a_name_and_is_asked_again_where_it_may_pass(
        self, raised: OSError, meant: Outcome, detail: str
    ) -> None:
        failed = tls.handshake_failure(raised)
        assert (failed.outcome, failed.detail) == (meant, detail)
        assert failed.outcome.final == (meant is Outcome.BAD_HANDSHAKE)
