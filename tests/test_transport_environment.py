"""The proxies and trusted certificates that the environment names."""

from __future__ import annotations

from pathlib import Path

import certifi
import pytest
from ck_imagenet.core import urls
from ck_imagenet.core.errors import BadInput
from ck_imagenet.http import tls
from ck_imagenet.http.transport import Proxies

NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ftp_proxy")
BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have an environment that says nothing."""
    for name in (*NAMES, *BUNDLES):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def proxy_for(url: str) -> str:
    """Return the proxy through which `url` is asked."""
    return Proxies().proxy_for(urls.parse(url))


class TestProxies:
    """http_proxy and its kin."""

    def test_without_proxies_all_is_asked_directly(self) -> None:
        assert proxy_for("http://a.com/") == proxy_for("https://a.com/") == ""

    @pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY"])
    def test_http_proxy_is_for_http(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        monkeypatch.setenv(name, "http://proxy:3128")
        assert proxy_for("http://a.com/") == "http://proxy:3128"
        assert proxy_for("https://a.com/") == ""

    @pytest.mark.parametrize("name", ["https_proxy", "HTTPS_PROXY"])
    def test_https_proxy_is_for_https(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        monkeypatch.setenv(name, "http://proxy:3128")
        assert proxy_for("http://a.com/") == ""
        assert proxy_for("https://a.com/") == "http://proxy:3128"

    @pytest.mark.parametrize("name", ["all_proxy", "ALL_PROXY"])
    def test_all_proxy_is_for_what_has_none_of_its_own(
        self, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        monkeypatch.setenv(name, "http://all:3128")
        monkeypatch.setenv("https_proxy", "http://own:3128")
        assert proxy_for("http://a.com/") == "http://all:3128"
        assert proxy_for("https://a.com/") == "http://own:3128"

    @pytest.mark.parametrize("name", ["no_proxy", "NO_PROXY"])
    def test_no_proxy_names_what_is_asked_directly(
        self, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        monkeypatch.setenv("all_proxy", "http://proxy:3128")
        monkeypatch.setenv(name, "127.0.0.0/8, a.com, b.com:81")
        for url in ("http://127.0.0.9/", "https://a.com/", "http://x.a.com/", "http://b.com:81/"):
            assert proxy_for(url) == ""
        for url in ("http://10.0.0.1/", "http://xa.com.de/", "http://b.com/"):
            assert proxy_for(url) == "http://proxy:3128"

    def test_the_environment_is_read_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("http_proxy", "http://proxy:3128")
        proxies = Proxies()
        monkeypatch.setenv("http_proxy", "http://other:3128")
        assert proxies.proxy_for(urls.parse("http://a.com/")) == "http://proxy:3128"

    @pytest.mark.parametrize(
        "proxy", ["proxy:3128", "127.0.0.1:3128", "me:pass@proxy:3128", "proxy", "[::1]:3128"]
    )
    def test_a_proxy_may_be_named_without_http(
        self, monkeypatch: pytest.MonkeyPatch, proxy: str
    ) -> None:
        monkeypatch.setenv("http_proxy", proxy)
        assert proxy_for("http://a.com/") == f"http://{proxy}"

    @pytest.mark.parametrize(
        ("proxy", "shown"),
        [
            ("socks5://127.0.0.1:1080", "socks5://127.0.0.1:1080"),
            ("https://me:secret@proxy:443", "proxy:443"),
            ("http://me:secret@:3128", ":3128"),
            ("http://proxy:99999", "http://proxy:99999"),
            ("http://proxy:port", "http://proxy:port"),
            ("socks://127.0.0.1:1080/", "socks://127.0.0.1:1080/"),
            ("socks5h://me:secret@127.0.0.1:1080", "127.0.0.1:1080"),
            ("//proxy:3128", "//proxy:3128"),
            ("http://", "http://"),
            ("direct://", "direct://"),
        ],
    )
    def test_what_is_no_http_proxy_is_refused_without_its_password(
        self, monkeypatch: pytest.MonkeyPatch, proxy: str, shown: str
    ) -> None:
        monkeypatch.setenv("all_proxy", proxy)
        proxies = Proxies()
        with pytest.raises(BadInput) as refused:
            proxies.proxy_for(urls.parse("http://a.com/"))
        assert str(refused.value) == (
            f'the proxy "{shown}" of all_proxy cannot be used: '
            "it must be an HTTP proxy, http://HOST:PORT"
        )

    def test_one_that_cannot_be_used_is_no_matter_where_none_would_use_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("all_proxy", "socks://127.0.0.1:1080")
        monkeypatch.setenv("http_proxy", "http://good:3128")
        monkeypatch.setenv("no_proxy", "a.com,127.0.0.1")
        assert proxy_for("http://b.com/") == "http://good:3128"
        assert proxy_for("https://a.com/") == proxy_for("https://127.0.0.1/") == ""
        with pytest.raises(BadInput, match="socks"):
            proxy_for("https://b.com/")
        monkeypatch.setenv("no_proxy", "*")
        assert proxy_for("https://b.com/") == ""

    def test_blanks_around_one_are_no_matter_and_blanks_alone_are_none(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("http_proxy", " ")
        monkeypatch.setenv("all_proxy", " http://all:3128\n")
        assert proxy_for("http://a.com/") == "http://all:3128"

    def test_proxies_for_something_else_are_no_matter(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ftp_proxy", "ftp://proxy")
        assert proxy_for("http://a.com/") == ""


class TestAuthorities:
    """Whose certificates are believed."""

    def test_they_are_those_of_certifi(self) -> None:
        assert tls.authorities() == certifi.where()

    def test_they_may_be_others(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """The first that is set counts, as with requests."""
        for name in reversed(BUNDLES):
            monkeypatch.setenv(name, str(tmp_path / name))
            assert tls.authorities() == str(tmp_path / name)

    def test_nothing_is_as_good_as_not_set(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", "")
        assert tls.authorities() == certifi.where()
