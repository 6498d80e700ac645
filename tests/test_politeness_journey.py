"""A user may ask many hosts, and each of them finds that it is asked politely."""

from __future__ import annotations

from pathlib import Path

import pytest
from ck_imagenet_practice import PracticeWeb
from terminal import WNID, Terminal

DALMATIAN = "n02110341"
COMMAND = ("download", "imagenet", f"--wnid={WNID}", "--urls=list")


@pytest.fixture
def terminal(tmp_path: Path, web: PracticeWeb) -> Terminal:
    """A terminal with a list that each test writes."""
    return Terminal(tmp_path, web.environment())


def write(terminal: Terminal, *urls: str, wnid: str = WNID) -> None:
    lines = [f"{wnid}_{number} {url}\n" for number, url in enumerate(urls)]
    with (terminal.folder / "list").open("a", encoding="latin-1") as opened:
        opened.writelines(lines)


def moved(web: PracticeWeb, path: str, number: int, start: int = 1) -> str:
    """Return a URL of one host that redirects to a path of the first."""
    target = web.url(0, path).replace("/", "%2F")
    return web.url(start, f"/to/{target}/{number}.jpg")


def times(web: PracticeWeb, host: int = 0) -> list[float]:
    """Return when a host was asked, counted from the first time."""
    asked = [each.when for each in web.requests.all() if each.host == web.hosts[host]]
    return [time - asked[0] for time in asked]


def test_sleep_lies_between_all_requests_to_a_host_redirects_too(
    terminal: Terminal, web: PracticeWeb
) -> None:
    write(terminal, web.url(0, "/hops/3/1.jpg"), web.url(0, "/good/2.jpg"))
    terminal.says(*COMMAND, "--sleep=0.8")
    asked = times(web)
    assert len(asked) == 5
    # A busy machine sees one request late, and the next in time.
    assert all(later - earlier > 0.4 for earlier, later in zip(asked, asked[1:]))
    assert len(terminal.pictures()) == 2


@pytest.mark.parametrize("per_host", [1, 3])
def test_no_host_has_more_connections_than_per_host(
    terminal: Terminal, web: PracticeWeb, per_host: int
) -> None:
    write(terminal, *(web.url(n % 2, f"/slow/0.1/{n}.jpg") for n in range(24)))
    terminal.says(*COMMAND, f"--per-host={per_host}")
    assert [web.connections.most(host) for host in web.hosts[:2]] == [per_host, per_host]
    assert len(terminal.pictures()) == 24


@pytest.mark.parametrize("seats", [1, 4])
def test_a_host_with_a_cap_of_its_own_gives_all_its_pictures(
    terminal: Terminal, web: PracticeWeb, seats: int
) -> None:
    write(terminal, *(web.url(0, f"/capped/{seats}/{n}.jpg") for n in range(30)))
    terminal.says(*COMMAND)
    assert len(terminal.pictures()) == 30
    assert len(web.requests) < 60


def test_who_asks_and_whether_opt_outs_are_obeyed_is_the_users_choice(
    terminal: Terminal, web: PracticeWeb
) -> None:
    write(terminal, web.url(0, "/robots/noai/1.jpg"), web.url(0, "/robots/zoo:%20noai/2.jpg"))
    done = terminal.json(*COMMAND, "--user-agent=zoo/1.0 (+https://zoo.example)")["synsets"][0]
    assert (done["here"], done["failed"]) == (0, {"opted-out": 2})
    assert {each.headers["user-agent"] for each in web.requests.all()} == {
        "zoo/1.0 (+https://zoo.example)"
    }
    again = ("--retry-failed=all", "--ignore-opt-out")
    assert terminal.json(*COMMAND, *again)["synsets"][0]["here"] == 2


def test_a_busy_host_behind_a_redirect_is_asked_again_and_not_who_sent_there(
    terminal: Terminal, web: PracticeWeb
) -> None:
    write(terminal, moved(web, "/status/429/1/after-1/1.jpg", 1))
    terminal.says(*COMMAND)
    assert len(terminal.pictures()) == 1
    assert times(web, 1) == [0]
    first, second = times(web, 0)
    assert second - first >= 1


def test_a_host_that_rests_is_left_alone_by_the_next_synset_too(
    terminal: Terminal, web: PracticeWeb
) -> None:
    write(terminal, web.url(0, "/status/503/always/after-1/1.jpg"))
    write(terminal, web.url(0, "/good/2.jpg"), wnid=DALMATIAN)
    command = ("download", "imagenet", f"--wnid={WNID},{DALMATIAN}", "--urls=list", "--retry=0")
    done = terminal.json(*command, "--jobs=1")["synsets"]
    ends = {synset["wnid"]: (synset["here"], synset["failed"]) for synset in done}
    assert ends == {WNID: (0, {"busy": 1}), DALMATIAN: (1, {})}
    asked = times(web)
    assert asked[1] - asked[0] >= 1
    assert asked[2] - asked[1] >= 1


def test_a_run_ends_within_the_bound_that_the_page_of_links_states(
    terminal: Terminal, web: PracticeWeb
) -> None:
    """The bound of docs/links.md, with nothing that is busy: no rests."""
    jobs, retry, timeout, sleep, links = 2, 1, 0.5, 0.1, 4
    urls = [web.url(host, f"/silent/{n}.jpg") for host in range(3) for n in range(links)]
    write(terminal, *urls)
    options = (f"--jobs={jobs}", f"--retry={retry}", f"--timeout={timeout}", f"--sleep={sleep}")
    done = terminal.json(*COMMAND, *options, "--per-host=2")["synsets"][0]
    assert sum(done["failed"].values()) == len(urls)
    asked = [each.when for each in web.requests.all()]
    attempts = (1 + retry) * timeout
    bound = len(urls) * attempts / jobs + links * (attempts / 2 + (1 + retry) * sleep) + 30 * retry
    assert max(asked) - min(asked) < bound
