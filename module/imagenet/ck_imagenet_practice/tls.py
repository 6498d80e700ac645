"""Hosts that speak TLS, with certificates good and bad from an authority of their own."""

from __future__ import annotations

import itertools
import math
import socket
import ssl
import warnings
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Callable, cast

with warnings.catch_warnings():  # on old Pythons it complains of their age
    warnings.simplefilter("ignore")
    import trustme
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

_ALERT = 80
"""Of RFC 8446, 6: internal_error, as load balancers say it that have nobody behind them."""

_LONG_AGO = datetime(2015, 3, 1)


def _of_2011(context: ssl.SSLContext) -> None:
    """Know only RSA to exchange keys, as hosts do that nobody has touched since."""
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES128-SHA")


def _unsafe(context: ssl.SSLContext) -> None:
    """Know no cipher that anybody takes today."""
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("NULL-SHA256:@SECLEVEL=0")


def _of_1999(context: ssl.SSLContext) -> None:
    """Know only TLS 1.0."""
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1


def _alarmed(context: ssl.SSLContext) -> None:
    """Answer every greeting with an alert."""
    context.sni_callback = lambda *_: _ALERT


def _exclusive(context: ssl.SSLContext) -> None:
    """Let in only who has a certificate too."""
    context.verify_mode = ssl.CERT_REQUIRED


def _cutting(times: float) -> Callable[[ssl.SSLContext], None]:
    """Hang up on the first greetings, so many times."""

    def cut(context: ssl.SSLContext) -> None:
        greetings = itertools.count()

        def hang_up(connection: object, *_: object) -> None:
            if next(greetings) < times:
                socket.socket.shutdown(cast("socket.socket", connection), socket.SHUT_RDWR)

        context.sni_callback = hang_up

    return cut


_HANDSHAKES: dict[str, Callable[[ssl.SSLContext], None]] = {
    "of-2011": _of_2011,
    "unsafe": _unsafe,
    "of-1999": _of_1999,
    "alarmed": _alarmed,
    "exclusive": _exclusive,
    "cut": _cutting(math.inf),
    "cut-once": _cutting(1),
}

CERTIFICATES = ("good", "wrong-name", "expired", "self-signed", "terse", "none", *_HANDSHAKES)
"""What a host may show; the last show a good one, if their handshake comes so far."""


class Authority:
    """Signs certificates, as long as a practice web lives.

    Attributes
    ----------
    file : str
        Its own certificate, which a client must trust to find the good ones good.
    """

    def __init__(self) -> None:
        self._authority = trustme.CA()
        self._folder = TemporaryDirectory(prefix="practice-web-")
        self.file = str(Path(self._folder.name) / "authority.pem")
        self._authority.cert_pem.write_to_path(self.file)

    def close(self) -> None:
        """Remove the file."""
        self._folder.cleanup()

    def speaking(self, listener: socket.socket, certificate: str) -> socket.socket:
        """Return the listener that speaks TLS in place of one that does not.

        Parameters
        ----------
        listener : socket.socket
            Is closed with the one that is returned.
        certificate : str
            What it shows, of `CERTIFICATES`.
        """
        if certificate == "none":
            return listener
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if certificate in _HANDSHAKES:
            _HANDSHAKES[certificate](context)
        self._certify(context, listener.getsockname()[0], certificate)
        # The handshake comes with the first read, on the connection's own thread.
        return context.wrap_socket(listener, server_side=True, do_handshake_on_connect=False)

    def _certify(self, context: ssl.SSLContext, address: str, certificate: str) -> None:
        if certificate == "self-signed":
            itself = trustme.CA()
            pem = str(Path(self._folder.name) / "itself.pem")
            itself.private_key_pem.write_to_path(pem)
            itself.cert_pem.write_to_path(pem, append=True)
            context.load_cert_chain(pem)
            return
        if certificate == "terse":
            context.load_cert_chain(self._terse(address))
            return
        name = "elsewhere.practice" if certificate == "wrong-name" else address
        until = _LONG_AGO if certificate == "expired" else None
        key = trustme.KeyType.RSA if certificate == "of-2011" else trustme.KeyType.ECDSA
        issued = self._authority.issue_cert(name, not_after=until, key_type=key)
        issued.configure_cert(context)

    def _terse(self, address: str) -> str:
        """Return a file with a certificate that says nothing but the host's address."""
        issued = self._authority.issue_cert(address)
        key = load_pem_private_key(self._authority.private_key_pem.bytes(), None)
        given = x509.load_pem_x509_certificate(issued.cert_chain_pems[0].bytes())
        names = given.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(given.subject)
            .issuer_name(given.issuer)
            .public_key(given.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime.now() - timedelta(days=2))
            .not_valid_after(datetime.now() + timedelta(days=2))
            .add_extension(names.value, critical=False)
            .sign(cast("EllipticCurvePrivateKey", key), hashes.SHA256())
        )
        pem = Path(self._folder.name) / f"terse-{address}.pem"
        issued.private_key_pem.write_to_path(str(pem))
        with pem.open("ab") as file:
            file.write(certificate.public_bytes(serialization.Encoding.PEM))
        return str(pem)
