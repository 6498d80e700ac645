"""Hosts that speak TLS, with certificates good and bad from an authority of their own."""

from __future__ import annotations

import socket
import ssl
import warnings
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

with warnings.catch_warnings():  # on old Pythons it complains of their age
    warnings.simplefilter("ignore")
    import trustme

CERTIFICATES = ("good", "wrong-name", "expired", "self-signed")
"""What a host may show."""

_LONG_AGO = datetime(2015, 3, 1)


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

    def speaking(self, listener: socket.socket, certificate: str) -> ssl.SSLSocket:
        """Return the listener that speaks TLS in place of one that does not.

        Parameters
        ----------
        listener : socket.socket
            Is closed with the one that is returned.
        certificate : str
            What it shows, of `CERTIFICATES`.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
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
        name = "elsewhere.practice" if certificate == "wrong-name" else address
        until = _LONG_AGO if certificate == "expired" else None
        self._authority.issue_cert(name, not_after=until).configure_cert(context)
