"""The practice web tells the truth about its links."""

from __future__ import annotations

import gzip
import http.client
import io
import re
import ssl
import string
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Mapping
from urllib.parse import quote, urlsplit

import pytest
from ada_url import join_url, normalize_url
from ck_imagenet_practice import Link, PracticeWeb, pictures, world
from ck_imagenet_practice.kinds import RATIONING, THEMES
from ck_imagenet_practice.kinds_of_answers import KINDS_OF_ANSWERS
from ck_imagenet_practice.kinds_of_changed_hosts import CHANGED
from ck_imagenet_practice.kinds_of_heads import KINDS_OF_HEADS
from ck_imagenet_practice.kinds_of_ways import KINDS_OF_WAYS
from ck_imagenet_practice.world import KINDS, Place
from PIL import Image
from raw_client import ask

WNID = world.SYNSETS[0]

WORDS = Path(world.__file__).parent.with_name("ck_imagenet") / "core" / "outcomes.py"
"""Read and not imported, as the practice web does without the library."""

JUDGED_BY_CLIENTS = {
    "bad-url",
    "duplicate",
    "no-such-host",
    "opted-out",
    "placeholder",
    "private-address",
    "too-large",
    "too-small",
}
"""What looks like a picture on the wire, or is never asked for."""

JUDGED_BY_A_BROWSER = {**KINDS_OF_HEADS, **KINDS_OF_WAYS, **KINDS_OF_ANSWERS}
"""What `http.client` cannot read, or what takes more than a client of a few lines has."""


def drawn(seed: int = 1, port: int = 80, mix: Mapping[str, int] = world.MIX) -> list[Link]:
    """Draw links of eight hosts."""
    hosts = [f"127.0.0.{number}:{port}" for number in range(2, 10)]
    return world.draw(WNID, seed, hosts, {"refused": [f"127.0.0.10:{port}"]}, mix)


class TestLinks:
    """What is drawn."""

    def test_a_seed_is_a_world_whatever_the_port(self) -> None:
        assert drawn() == drawn()
        assert drawn() != drawn(seed=2)
        moved = [link._replace(url=link.url.replace(":80/", ":81/")) for link in drawn()]
        assert drawn(port=81) == moved

    def test_the_mix_is_kept_exactly(self) -> None:
        links = drawn()
        assert Counter(link.kind for link in links) == world.MIX
        assert (len(links), sum(link.obtainable for link in links)) == (30, 18)

    def test_numbers_are_distinct_with_gaps_and_a_famous_one(self) -> None:
        numbers = [int(link.name.partition("_")[2]) for link in drawn()]
        assert numbers == sorted(set(numbers))
        assert 9981 in numbers
        assert numbers[-1] - numbers[0] > 1000

    def test_every_kind_of_failure_has_one_host(self) -> None:
        links = drawn(mix={"gone": 5, "cut": 5, "refused": 5})
        hosts = {kind: {link.host for link in links if link.kind == kind} for kind in KINDS}
        assert [len(hosts[kind]) for kind in ("gone", "cut")] == [1, 1]
        assert hosts["refused"] == {"127.0.0.10:80"}

    def test_urls_are_as_awkward_as_in_reality(self) -> None:
        urls = [link.url for link in drawn() if link.obtainable]
        for oddity in (",", "%20", " ", "\xe9"):
            assert [url for url in urls if oddity in url], oddity

    def test_a_test_may_add_links(self, web: PracticeWeb) -> None:
        link = web.link(WNID, 5, "gone", host=3)
        assert link == Link("n01440764_5", web.url(3, "/gone/n01440764-5.jpg"), "gone")
        web.set_links(WNID, [*web.links(WNID), link])
        assert web.links(WNID)[-1] == link
        assert len(web.links(WNID)) == 31
        assert web.link(WNID, 6, "refused").host == web.refusing
        assert web.link(WNID, 7, "black-hole", host=3).host == web.hosts[3]
        assert web.links("n00000001") == []

    def test_a_kind_with_a_place_of_its_own_must_be_in_the_mix(self, web: PracticeWeb) -> None:
        with pytest.raises(KeyError):
            web.link(WNID, 1, "tls")


class TestClusters:
    """Which hosts the links of each kind have."""

    @staticmethod
    def hosts_of(web: PracticeWeb, *wnids: str) -> dict[str, list[str]]:
        links = [link for wnid in wnids or [WNID] for link in web.links(wnid)]
        return {kind: [link.host for link in links if link.kind == kind] for kind in KINDS}

    def test_a_rotten_list_is_as_the_issue_says(self) -> None:
        assert sum(world.ROTTEN.values()) == sum(world.LONG_TAIL.values()) == 1300
        with PracticeWeb(hosts=40, mix=world.ROTTEN, wnids=[WNID]) as web:
            links = web.links(WNID)
            hosts = {kind: set(found) for kind, found in self.hosts_of(web).items()}
        assert Counter(link.kind for link in links) == world.ROTTEN
        assert sum(link.obtainable for link in links) == 624
        own = {kind: len(hosts[kind]) for kind in hosts if KINDS[kind].place is Place.OWN}
        assert {kind: number for kind, number in own.items() if number} == {
            "black-hole": 5,
            "drip": 3,
            "503-once": 2,
            "429-after-1": 2,
            "429-after-1-once": 2,
            "429-after-2": 2,
            "429-after-2-once": 2,
        }
        assert [len(hosts[kind]) for kind in ("gone", "flickr", "truncated")] == [5, 5, 5]

    def test_what_stalls_shares_no_host_with_what_is_good(self) -> None:
        with PracticeWeb(mix=world.EVERY_KIND) as web:
            hosts = self.hosts_of(web, *world.SYNSETS)
        others = {host for kind in hosts if kind != "black-hole" for host in hosts[kind]}
        assert not others & set(hosts["black-hole"])
        for kind, found in hosts.items():
            stuck = KINDS[kind].outcome in ("silent", "stalled", "busy", "refused")
            if stuck and KINDS[kind].place is not Place.LIVING:
                assert not set(found) & set(hosts["good"]), kind

    def test_in_the_living_mix_hosts_that_live_have_links_that_hang(self) -> None:
        assert sum(world.LIVING.values()) == 1300
        with PracticeWeb(hosts=40, mix=world.LIVING, wnids=[WNID]) as web:
            links = web.links(WNID)
            living = set(web.hosts)
            hosts = self.hosts_of(web)
        assert sum(link.obtainable for link in links) == 624
        stuck = [link for link in links if link.path.startswith(("/silent/", "/drip/"))]
        assert Counter(link.path.split("/")[1] for link in stuck) == {"silent": 169, "drip": 39}
        assert sum(link.host in living for link in stuck) == 13 + 30 + 34
        assert len(set(hosts["lone-silent-once"]) - living) == 5
        hanging = Counter(link.host for link in stuck if link.host in living)
        assert len(hanging) > 30
        assert max(hanging.values()) <= 3

    def test_farms_redirect_to_the_one_host_that_rations(self) -> None:
        mix = {"good": 1, "rationed-across": 6}
        with PracticeWeb(mix=mix, wnids=[WNID]) as web:
            links = [link for link in web.links(WNID) if link.kind == "rationed-across"]
            *farms, target = web.own["rationed-across"]
            answers = [ask(link.url) for link in links]
            added = ask(web.link(WNID, 1, "rationed-across").url)
            last = web.hosts[-1]
        assert {link.host for link in links} == set(farms)
        assert len(farms) == 2
        locations = [answer.headers["Location"] for answer in answers]
        assert {urlsplit(location).netloc for location in locations} == {target}
        assert urlsplit(added.headers["Location"]).netloc == last

    def test_in_a_long_tail_two_in_five_are_alone(self) -> None:
        with PracticeWeb(hosts=5, mix=world.LONG_TAIL) as web:
            hosts = self.hosts_of(web, *world.SYNSETS)
            shared = set(web.hosts)
        alone = hosts["lone"] + hosts["lone-black-hole"]
        assert len(alone) == len(set(alone)) == 2 * 520
        assert set(hosts["good"]) == shared
        assert not shared & set(alone)

    def test_mirrors_are_on_several_hosts(self) -> None:
        with PracticeWeb(mix={"good": 1, "mirrored": 1, "mirror": 2}, wnids=[WNID]) as web:
            mirrors = [link for link in web.links(WNID) if "mirror" in link.kind]
        assert len({link.host for link in mirrors}) == 3
        assert {link.path.rpartition("/")[2] for link in mirrors} == {"n01440764.jpg"}
        assert len({link.picture() for link in mirrors}) == 1
        assert {link.outcomes for link in mirrors} == {frozenset({"saved", "duplicate"})}


class TestTruth:
    """What becomes of each."""

    def test_every_outcome_is_a_word_of_the_library_and_drawn(self) -> None:
        known = set(re.findall(r'= Row\(\s*"([a-z-]+)"', WORDS.read_text("utf-8")))
        told = {word for kind in KINDS.values() for word in kind.outcomes}
        assert told | {"rejected"} == known  # which only a user can do
        assert set(world.EVERY_KIND) == set(KINDS)

    def test_every_kind_is_of_one_theme_and_says_where_it_was_seen(self) -> None:
        assert sum(len(theme) for theme in THEMES.values()) == len(KINDS)
        assert [name for name, kind in KINDS.items() if len(kind.seen) < 8] == []

    def test_a_client_may_have_given_up_the_host(self, web: PracticeWeb) -> None:
        hole = web.link(WNID, 1, "black-hole")
        assert (hole.outcome, hole.outcomes) == ("silent", frozenset({"silent", "host-down"}))
        busy = web.link(WNID, 1, "429-after-1")
        assert (busy.outcome, busy.outcomes) == ("busy", frozenset({"busy", "host-busy"}))
        assert web.link(WNID, 1, "gone").outcomes == {"gone"}
        assert web.link(WNID, 1, "429-once").outcomes == {"saved"}

    def test_a_patient_client_finds_what_is_told(self) -> None:
        with PracticeWeb(mix=world.EVERY_KIND, wnids=[WNID]) as web:
            links = [
                link
                for link in web.links(WNID)
                if link.kind not in JUDGED_BY_A_BROWSER
                and (link.obtainable or link.outcome not in JUDGED_BY_CLIENTS)
                and link.kind not in CHANGED  # for who knows where these hosts are today
            ]
            truth = {link: link.picture() if link.obtainable else None for link in links}
            with ThreadPoolExecutor(16) as pool:
                found = dict(zip(links, pool.map(lambda link: patiently(web, link), links)))
        assert [link for link in links if found[link] != truth[link]] == []
        shown = [found[link] for link in links if link.obtainable]
        assert len(shown) == len(set(shown))


TURNS = {kind: threading.Lock() for kind in KINDS}


def patiently(web: PracticeWeb, link: Link) -> bytes | None:
    """Return the picture that a link leads to, asking again as long as that may help; else None.

    Who asks in turns with others is never let in where each request makes a ban begin anew.
    """
    with TURNS[link.kind] if link.kind in RATIONING else nullcontext():
        found = at_once(web, link.url)
        for _ in range(20 if link.kind in RATIONING else int(link.obtainable)):
            if not found:
                time.sleep(1.5)
                found = at_once(web, link.url)
    return found


def at_once(web: PracticeWeb, url: str) -> bytes | None:
    """Return the picture that a URL leads to, following and retrying a little; None if none."""
    for _ in range(7):
        try:
            response, body = once(web, url)
        except ConnectionResetError:
            continue
        except (OSError, http.client.HTTPException):
            return None
        if 300 < response.status < 400:
            url = join_url(browsers(url), browsers(response.headers.get("Location", "")))
        elif response.status == 200:
            return body if is_picture(body) else None
    return None


def once(web: PracticeWeb, url: str) -> tuple[http.client.HTTPResponse, bytes]:
    """Ask once, with a name for the first host and a second for each step."""
    named = re.sub(
        "(?<=//)(good|xn--bcher-kva|half-inside|half-dead).practice",
        web.hosts[0].partition(":")[0],
        normalize_url(browsers(url)),
    )
    parts = urlsplit(named)
    context = ssl.create_default_context(cafile=web.authority)
    context.set_ciphers("DEFAULT")  # OpenSSL's own, more than Python's
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    connection = (
        http.client.HTTPSConnection(parts.netloc, timeout=1, context=context)
        if parts.scheme == "https"
        else http.client.HTTPConnection(parts.netloc, timeout=1)
    )
    with closing(connection):
        connection.request("GET", parts.path)
        response = connection.getresponse()
        body = response.read()
        if response.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        return response, body


def browsers(url: str) -> str:
    """Return a URL as a browser's parser may be given it: bytes are text there."""
    return quote(url.encode("latin-1"), safe=string.punctuation + "\t")


def is_picture(data: bytes) -> bool:
    """Say whether the bytes decode to their end and are not a placeholder."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
    except OSError:
        return False
    return data not in (pictures.placeholder(), pictures.unlisted_placeholder())
