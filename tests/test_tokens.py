"""Tokens of hosts that want one: who gets them, and that nobody else ever sees them."""

from __future__ import annotations

import re
from contextlib import ExitStack
from pathlib import Path
from typing import Callable, Iterator

import pytest
from ck_imagenet.core.errors import BadInput
from ck_imagenet.core.outcomes import Failed
from ck_imagenet.http.address_policy import AddressPolicy
from ck_imagenet.http.client import Client
from ck_imagenet.http.request_state import tokens
from ck_imagenet.http.resolver import Resolver
from ck_imagenet_practice import pictures
from peer import Behaviour, Peer, Serve, Talk, answer, over_tls, redirect, saying, serving
from tarballs import tar
from terminal import WNID, Terminal

SECRET = "hf_NeverToBeSeen"  # noqa: S105
DATA = b"whole"


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start hosts, which end with the test."""
    with serving() as start:
        yield start


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the certificate of hosts that every command and client trusts."""
    import trustme  # of which Python 3.8 has a release that warns when it is imported

    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    names = ("huggingface.co", "other.example", "localhost", "127.0.0.1")
    authority.issue_cert(*names).private_key_and_cert_chain_pem.write_to_path(tmp_path / "host.pem")
    for name, value in trusting(tmp_path / "host.pem").items():
        monkeypatch.setenv(name, value)
    return tmp_path / "host.pem"


def trusting(certificate: Path) -> dict[str, str]:
    """Return the settings with which commands trust hosts that have it."""
    return {"REQUESTS_CA_BUNDLE": str(certificate.with_name("authority.pem")), "no_proxy": "*"}


def told(peer: Peer) -> list[str]:
    """Return the header Authorization of each request, nothing where there was none."""
    heads = [head.decode("latin-1") for head in peer.heads]
    return ["".join(re.findall("\r\nAuthorization: (.*)\r\n", head)) for head in heads]


@pytest.fixture
def fetch(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., bytes]]:
    """Return what fetches a file, every name being this machine's, with a token in MY_TOKEN."""
    monkeypatch.setenv("MY_TOKEN", SECRET)
    with ExitStack() as stack:

        def fetched(url: str, token: str, start: int = 0) -> bytes:
            policy = AddressPolicy.allowing("127.0.0.0/8")
            client = Client(policy, resolver=Resolver(lambda _: ["127.0.0.1"]), token=token)
            stack.callback(client.close)
            with client.open(url, 1000, start=start) as given:
                return b"".join(given.chunks)

        yield fetched


class TestWho:
    """Exactly that host, over TLS."""

    def test_the_host_gets_it(
        self, serve: Serve, fetch: Callable[..., bytes], certificate: Path
    ) -> None:
        peer = serve(over_tls(certificate, saying(answer(DATA))))
        url = peer.secure_url(host="other.example")
        assert fetch(url, f"other.example:{peer.port}:MY_TOKEN") == DATA
        assert fetch(url, f"localhost:{peer.port}:MY_TOKEN") == DATA
        assert fetch(url, "other.example:MY_TOKEN") == DATA  # which is port 443
        assert told(peer) == [f"Bearer {SECRET}", "", ""]

    def test_nobody_gets_it_in_the_clear(self, serve: Serve, fetch: Callable[..., bytes]) -> None:
        peer = serve(saying(answer(DATA)))
        assert fetch(peer.url(), f"{peer.url().split('/')[2]}:MY_TOKEN") == DATA
        assert told(peer) == [""]

    def test_no_redirect_takes_it_to_another_host(
        self, serve: Serve, fetch: Callable[..., bytes], certificate: Path
    ) -> None:
        far = serve(over_tls(certificate, saying(answer(DATA))))
        to = far.secure_url("/bytes", host="localhost")
        peer = serve(over_tls(certificate, saying(redirect("/moved"), redirect(to))))
        token = f"other.example:{peer.port}:MY_TOKEN,localhost:{far.port}:MY_TOKEN"
        for start in (0, 2):  # as where a transfer goes on
            assert fetch(peer.secure_url(host="other.example"), token, start)
        assert told(peer) == [f"Bearer {SECRET}"] * len(peer.heads)
        assert told(far) == ["", ""]

    def test_what_a_host_repeats_of_it_is_not_told(
        self, serve: Serve, fetch: Callable[..., bytes], certificate: Path
    ) -> None:
        peer = serve(over_tls(certificate, saying(redirect(f"ftp://x/?seen={SECRET}"))))
        url = peer.secure_url(host="other.example")
        with pytest.raises(Failed) as failed:
            fetch(url, f"other.example:{peer.port}:MY_TOKEN")
        assert SECRET not in failed.value.detail

    def test_the_hubs_own_variable_is_known(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HF_TOKEN", f" {SECRET}\n")
        assert tokens("") == {"https://huggingface.co:443": f"Bearer {SECRET}"}
        monkeypatch.setenv("OTHER", "x")
        assert tokens("huggingface.co:OTHER") == {"https://huggingface.co:443": "Bearer x"}
        monkeypatch.setenv("HF_TOKEN", "two words")
        assert tokens("") == {}

    @pytest.mark.parametrize(
        "said",
        [SECRET, f"huggingface.co:{SECRET}", f"{SECRET}:huggingface.co", ":", "a/b:HOME", "x:"],
    )
    def test_what_is_none_is_refused_without_a_word_of_it(self, said: str) -> None:
        with pytest.raises(BadInput) as refused:
            tokens(said)
        assert SECRET not in str(refused.value)


class TestCommands:
    """What a user sees."""

    @staticmethod
    def gated(data: bytes) -> Behaviour:
        """Answer who has the token, and refuse all others."""

        def behave(talk: Talk) -> None:
            while b"Authorization: Bearer " + SECRET.encode() in talk.hear():
                talk.say(answer(data))
            talk.say(answer(b"Access is restricted", status="401 Unauthorized"))

        return behave

    def test_shards_that_want_a_token_come_and_nothing_here_ever_holds_it(
        self,
        serve: Serve,
        terminal: Terminal,
        certificate: Path,
    ) -> None:
        data = tar({b"n01440764_1.jpg": pictures.picture("/tar/1.jpg"), b"n01440764_1.cls": b"0"})
        peer = serve(over_tls(certificate, self.gated(data)))
        terminal.environment.update(trusting(certificate), MY_TOKEN=SECRET)
        copy = f"--from=https://localhost:{peer.port}/x-{{0..1}}.tar"
        command = ("download", "imagenet", copy, f"--token=localhost:{peer.port}:MY_TOKEN")
        done = terminal.ck(*command, "--verbose")
        said = done.stdout + done.stderr
        assert (done.returncode, "1 picture here, 2 in " in said) == (0, True)
        assert told(peer) == [f"Bearer {SECRET}"] * 2
        again = terminal.says(*command)
        assert "was not read" in again
        kept = [path.read_bytes() for path in terminal.folder.rglob("*") if path.is_file()]
        kept.append((said + again).encode())
        assert not any(SECRET.encode() in each for each in kept)
        assert sorted(terminal.pictures()) == [f"{WNID}_1.jpg"]

    def test_a_refusal_says_whose_terms_are_to_be_accepted_where(
        self, serve: Serve, terminal: Terminal, certificate: Path
    ) -> None:
        peer = serve(over_tls(certificate, self.gated(b"")))
        terminal.environment.update(trusting(certificate))
        host = f"localhost:{peer.port}"
        address = f"https://{host}/a.tar"
        assert terminal.refuses("download", "imagenet", f"--from={address}") == (
            f'"{address}" needs a token (401): accept the terms of {host} there. Put the token '
            "that you get into an environment variable, such as MY_TOKEN, and add "
            f"--token={host}:MY_TOKEN. It is sent over https only"
        )
        terminal.environment.update(MY_TOKEN=SECRET[:-1])
        given = (f"--from={address}", f"--token={host}:MY_TOKEN")
        assert terminal.refuses("download", "imagenet", *given).startswith(
            f'"{address}" refuses the token that it was sent (401): accept the terms of '
        )
        path = "datasets/timm/imagenet-1k-wds"
        hub = f"https://huggingface.co:{peer.port}/{path}/resolve/main/imagenet1k-train-0000.tar"
        private = ("--resolve=huggingface.co:127.0.0.1", "--allow-private=127.0.0.0/8")
        assert terminal.refuses("download", "imagenet", f"--from={hub}", *private) == (
            f'"{hub}" needs a token (401): log in to https://huggingface.co/{path} and accept its '
            "terms there. Make a token that may read it at "
            "https://huggingface.co/settings/tokens, and put it into the environment variable "
            "HF_TOKEN. It is sent over https only"
        )

    def test_a_token_in_place_of_its_variable_is_never_told(self, terminal: Terminal) -> None:
        said = terminal.refuses("download", "imagenet", "--all", f"--token=huggingface.co:{SECRET}")
        assert said == (
            "--token=huggingface.co:… does not name an environment variable that holds a token. "
            "Put the token into one, such as MY_TOKEN, and write --token=huggingface.co:MY_TOKEN"
        )
