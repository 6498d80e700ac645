"""The network's options hold for every request of a command, whoever is asked."""

from __future__ import annotations

from typing import Iterator, NamedTuple
from urllib.parse import urlsplit

import pytest
from ck_imagenet_practice import PracticeWeb
from ck_imagenet_practice.service import ENDPOINTS
from terminal import WNID, Terminal

ME = "zoo/1.0 (+https://zoo.example)"
SOCKS = "socks://127.0.0.1:9"


class Asks(NamedTuple):
    """A command, and which servers of the practice web it asks."""

    command: str
    servers: frozenset[str]


def asks(command: str, *servers: str) -> Asks:
    return Asks(command, frozenset(servers))


COMMANDS = [
    asks("geturls imagenet:{wnid}", "lists"),
    asks("geturls imagenet:{wnid} --source=wayback", "captures"),
    asks("geturls imagenet:{wnid} --urls={list}", "lists"),
    asks("geturls imagenet --all", "captures"),
    asks("download imagenet:{wnid} --wayback --retry=0", "lists", "pictures", "captures"),
    asks("download imagenet:{wnid} --processes=2 --retry=0", "lists", "pictures"),
    asks("download imagenet:{wnid} --urls={list} --max-images=1", "lists", "pictures"),
    asks("download imagenet:{wnid} --source=winter21 --accept-terms", "lists"),
    asks("download imagenet:{wnid} --tar={tar}", "lists"),
]
"""The tars of winter21 are at the list service, as ImageNet's are."""

every_command = pytest.mark.parametrize("asked", COMMANDS, ids=lambda asked: asked.command)


def typed(asked: Asks, web: PracticeWeb, service: str = "") -> list[str]:
    """Return the words of a command; what it names is at the list service."""
    service = service or web.service
    return asked.command.format(
        wnid=WNID,
        list=f"{service}{ENDPOINTS['newer-urls']}?wnid={WNID}",
        tar=f"{service}{urlsplit(web.tar_address(WNID)).path}",
    ).split()


def servers(web: PracticeWeb) -> set[str]:
    """Return which servers of the practice web were asked."""
    names = {urlsplit(web.service).netloc: "lists", urlsplit(web.wayback).netloc: "captures"}
    return {names.get(each.host, "pictures") for each in web.requests.all()}


@pytest.fixture
def web() -> Iterator[PracticeWeb]:
    """A practice web whose lists the Wayback Machine has too."""
    with PracticeWeb(captured=ENDPOINTS) as web:
        yield web


@pytest.fixture
def few(web: PracticeWeb) -> PracticeWeb:
    """The practice web with few links, one of which is gone and was captured."""
    links = [web.link(WNID, number, "good", number) for number in (1, 2, 3)]
    gone = web.link(WNID, 4, "gone", 4)
    web.set_links(WNID, [*links, gone])
    web.archive.keep(gone.url, gone.picture(), "20100521123456")
    return web


@every_command
def test_every_server_hears_who_asks(terminal: Terminal, few: PracticeWeb, asked: Asks) -> None:
    terminal.environment["CK_IMAGENET_ARCHIVE_SHA1"] = few.all_urls_sha1()
    terminal.says(*typed(asked, few), f"--user-agent={ME}")
    assert servers(few) == asked.servers
    assert {each.headers["user-agent"] for each in few.requests.all()} == {ME}


@every_command
def test_no_request_goes_to_another_address_than_resolve_says(
    terminal: Terminal, few: PracticeWeb, asked: Asks
) -> None:
    lists, captures = urlsplit(few.service), urlsplit(few.wayback)
    service = f"http://lists.example:{lists.port}"
    terminal.environment.update(
        CK_IMAGENET_ARCHIVE_SHA1=few.all_urls_sha1(),
        CK_IMAGENET_SERVICE=service,
        CK_IMAGENET_WINTER21=few.tar_address().replace(few.service, service),
        CK_IMAGENET_WAYBACK_SERVICE=f"http://captures.example:{captures.port}",
    )
    addresses = f"lists.example:{lists.hostname},captures.example:{captures.hostname},*:none"
    terminal.says(*typed(asked, few, service), f"--resolve={addresses}")
    assert servers(few) == asked.servers
    hosts = {each.headers["host"].rpartition(":")[0] for each in few.requests.all()}
    assert {host for host in hosts if host.endswith(".example")} == {
        f"{server}.example" for server in asked.servers - {"pictures"}
    }


@every_command
def test_a_proxy_that_cannot_be_used_is_refused_before_anybody_is_asked(
    terminal: Terminal, few: PracticeWeb, asked: Asks
) -> None:
    terminal.environment["all_proxy"] = SOCKS
    assert terminal.refuses(*typed(asked, few)) == (
        f'the proxy "{SOCKS}" of all_proxy cannot be used: it must be an HTTP proxy, '
        "http://HOST:PORT"
    )
    assert few.requests.all() == []
