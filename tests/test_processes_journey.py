"""A user gives the work to several processes: each host has one owner, and nothing is lost."""

from __future__ import annotations

import os
import re
import signal
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.engine.context import Crawl
from ck_imagenet.engine.pipe import processes_for
from ck_imagenet.storage.journal import Journal
from ck_imagenet_practice import PracticeWeb
from ck_imagenet_practice.world import Link
from terminal import WNID, Terminal

PER_HOST = 10
SLOW = 30
"""Links that keep one process busy while another begins."""


@pytest.fixture
def many(web: PracticeWeb) -> list[Link]:
    """Links of a synset that are spread over all hosts, some of them dead."""
    kinds = ("good", "good", "good", "slow", "gone", "moved")
    links = [web.link(WNID, n, kinds[n % len(kinds)], n % len(web.hosts)) for n in range(120)]
    web.set_links(WNID, links)
    return links


def workers(parent: int) -> list[int]:
    """Return the processes that another has started."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent and fields[0] != "Z":
            found.append(int(status.parent.name))
    return found


def one_that_fetches(parent: int) -> int:
    """Wait until a process that another has started has a connection, and return it."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        for worker in filter(fetches, workers(parent)):
            return worker
        time.sleep(0.005)
    pytest.fail("nobody fetches anything")


def fetches(process: int) -> bool:
    """Say whether a process has a connection."""
    with suppress(FileNotFoundError):  # a file that is being closed
        found = Path(f"/proc/{process}/fd").iterdir()
        return any(os.readlink(each).startswith("socket:") for each in found)
    return False


def records(terminal: Terminal) -> dict[str, Outcome]:
    journal = Journal(terminal.repository() / "imagenet" / WNID / "journal")
    return {url: record.outcome for url, record in journal.records.items()}


def expected(links: list[Link]) -> dict[str, bytes]:
    return {f"{link.name}.jpg": link.picture() for link in links if link.obtainable}


@pytest.mark.every_python
def test_two_processes_bring_what_one_would(
    terminal: Terminal, web: PracticeWeb, many: list[Link]
) -> None:
    done = terminal.json("download", "imagenet", f"--wnid={WNID}", "--processes=2")["synsets"][0]
    assert terminal.pictures() == expected(many)
    assert done["here"] == done["saved"] == len(expected(many))
    assert done["failed"] == {"gone": 20}
    assert set(web.requests.counts().values()) == {1}
    assert max(web.connections.most(host) for host in web.hosts) <= PER_HOST


def test_of_a_small_list_no_second_process_fetches(terminal: Terminal, web: PracticeWeb) -> None:
    web.set_links(WNID, [web.link(WNID, n, "slow") for n in range(20)])
    with terminal.start("download", "imagenet", f"--wnid={WNID}", "--out=json") as run:
        web.requests.wait_for(3)
        assert not any(map(fetches, workers(run.pid)))
        run.communicate(timeout=60)


def test_exactly_as_many_pictures_as_are_wanted(terminal: Terminal, many: list[Link]) -> None:
    limits = ("--max-images=31", "--processes=2", "--jobs=8")
    done = terminal.json("download", "imagenet", f"--wnid={WNID}", *limits)["synsets"][0]
    assert done["here"] == len(terminal.pictures()) == 31


def test_a_redirect_to_anothers_host_keeps_that_hosts_cap(
    terminal: Terminal, web: PracticeWeb
) -> None:
    target, *others = web.hosts
    links = []
    for n in range(60):
        path = f"http://{target}/slow/0.05/{n}.jpg".replace("/", "%2F")
        url = f"http://{others[n % len(others)]}/to/{path}/{n}.jpg"
        links.append(Link(f"{WNID}_{n}", url, "moved"))
    web.set_links(WNID, links)
    done = terminal.json("download", "imagenet", f"--wnid={WNID}", "--processes=2", "--jobs=64")
    assert done["synsets"][0]["here"] == 60
    assert 3 <= web.connections.most(target) <= PER_HOST


def behind_slow_ones(web: PracticeWeb, links: list[Link]) -> list[Link]:
    """Return links of three hosts, each the last of its host, which keeps a process busy."""
    slow = [web.link(WNID, 100 + n, "slow", n % 3) for n in range(SLOW)]
    return [*slow, *links]


@pytest.mark.parametrize("processes", [1, 2])
def test_three_mirrors_of_one_picture_keep_one(
    terminal: Terminal, web: PracticeWeb, processes: int
) -> None:
    links = [web.link(WNID, 5, "good", host) for host in range(3)]
    links = [link._replace(name=f"{WNID}_{n}") for n, link in enumerate(links)]
    web.set_links(WNID, behind_slow_ones(web, links))
    terminal.json("download", "imagenet", f"--wnid={WNID}", f"--processes={processes}", "--jobs=6")
    assert len(terminal.pictures()) == SLOW + 1
    found = Counter(outcome.word for outcome in records(terminal).values())
    assert found == {"duplicate": 2, "saved": SLOW + 1}


@pytest.mark.parametrize("processes", [1, 2])
def test_three_pages_of_one_placeholder_on_three_hosts_keep_none(
    terminal: Terminal, web: PracticeWeb, processes: int
) -> None:
    links = behind_slow_ones(web, [web.link(WNID, n, "placeholder", n) for n in range(3)])
    web.set_links(WNID, links)
    limits = (f"--wnid={WNID}", f"--processes={processes}", "--jobs=6")
    done = terminal.json("download", "imagenet", *limits)["synsets"][0]
    assert (done["here"], done["saved"], done["failed"]) == (SLOW, SLOW, {"placeholder": 3})
    assert {f"{WNID}_{n}.jpg" for n in range(3)} & terminal.pictures().keys() == set()
    found = terminal.says("search", "dataset:*", f"--tags=imagenet,{WNID}").split()
    assert len(found) == SLOW
    # Its checksum is kept: one more page of it is known at once.
    web.set_links(WNID, [*links, web.link(WNID, 10, "placeholder")])
    again = terminal.json("download", "imagenet", *limits, "--refresh")["synsets"][0]
    assert (again["here"], again["saved"], again["failed"]) == (SLOW, 0, {"placeholder": 4})


THREE = (WNID, "n02110341", "n02084071")
IN_THREE = ("download", "imagenet", f"--wnid={','.join(THREE)}")


@pytest.fixture
def placeholders(web: PracticeWeb) -> None:
    """One placeholder in three synsets, at another host in each, before a picture."""
    for number, wnid in enumerate(THREE):
        web.set_links(wnid, [web.link(wnid, number, "placeholder"), web.link(wnid, 9, "good")])


def none_is_here(terminal: Terminal) -> bool:
    return [list(terminal.pictures(wnid)) for wnid in THREE] == [[f"{w}_9.jpg"] for w in THREE]


@pytest.mark.usefixtures("placeholders")
def test_three_pages_of_one_placeholder_in_three_synsets_keep_none(terminal: Terminal) -> None:
    done = terminal.json(*IN_THREE, "--jobs=1")["synsets"]
    assert none_is_here(terminal)
    taken_out = sum((Counter(synset["taken_out"]) for synset in done), Counter())
    assert [synset["here"] - taken_out[synset["wnid"]] for synset in done] == [1] * 3
    again = terminal.json(*IN_THREE)["synsets"]
    assert [(synset["here"], synset["failed"]) for synset in again] == [(1, {"placeholder": 1})] * 3


@pytest.mark.usefixtures("placeholders")
def test_where_a_placeholder_is_taken_out_of_what_is_done_the_same_command_fetches_another(
    terminal: Terminal,
) -> None:
    command = (*IN_THREE, "--jobs=1", "--max-images=1")
    said = terminal.says(*command)
    assert "the same command" in said or none_is_here(terminal), said
    terminal.says(*command)
    assert none_is_here(terminal)


@pytest.mark.every_python
def test_the_work_of_a_killed_process_is_taken_over(
    terminal: Terminal, web: PracticeWeb, many: list[Link]
) -> None:
    command = ("download", "imagenet", f"--wnid={WNID}", "--processes=2", "--jobs=4", "--out=json")
    with terminal.start(*command) as run:
        os.kill(one_that_fetches(run.pid), signal.SIGKILL)
        out, err = run.communicate(timeout=60)
    assert (run.returncode, err) == (0, ""), out
    assert terminal.pictures() == expected(many)
    assert len(records(terminal)) == len(many)


def test_nothing_to_fetch_needs_no_second_process() -> None:
    assert processes_for(0, Crawl(processes=4)) == 1
    assert processes_for(3, Crawl(processes=4)) == 3


@pytest.fixture
def endless(web: PracticeWeb) -> None:
    """A synset that takes long."""
    links = [web.link(WNID, n, "slow", n % len(web.hosts)) for n in range(3000)]
    web.set_links(WNID, links)


@pytest.mark.usefixtures("endless")
@pytest.mark.every_python
def test_ctrl_c_ends_all_processes_and_keeps_what_is_here(
    terminal: Terminal, web: PracticeWeb
) -> None:
    with terminal.start("download", "imagenet", f"--wnid={WNID}", "--processes=3") as run:
        web.requests.wait_for(60)
        children = workers(run.pid)
        begin = time.monotonic()
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=60)
    assert time.monotonic() - begin < 6
    assert run.returncode == 130
    assert (len(children), out) == (2, "")
    assert re.fullmatch(r"Stopped: [0-9,]+ of 3,000 saved\. The same command goes on\.\n", err)
    saved = [url for url, outcome in records(terminal).items() if outcome is Outcome.SAVED]
    assert len(saved) == len(terminal.pictures()) > 0
    assert not any(Path(f"/proc/{child}").exists() for child in children)


@pytest.mark.usefixtures("endless")
def test_processes_that_keep_dying_end_the_run_with_what_to_type(terminal: Terminal) -> None:
    command = ("download", "imagenet", f"--wnid={WNID}", "--processes=2")
    with terminal.start(*command) as run:
        while run.poll() is None:
            for worker in workers(run.pid):
                with suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)
            time.sleep(0.1)
        out, err = run.communicate(timeout=60)
    assert (run.returncode, err) == (1, "")
    assert "ended the workers of this run 6 times, and they brought nothing" in out
    assert "--processes=1" in out


@pytest.mark.usefixtures("endless")
def test_processes_whose_parent_is_killed_end_too(terminal: Terminal, web: PracticeWeb) -> None:
    with terminal.start("download", "imagenet", f"--wnid={WNID}", "--processes=3") as run:
        web.requests.wait_for(60)
        children = workers(run.pid)
        run.kill()
        run.wait()
        end = time.monotonic() + 5
        while time.monotonic() < end and any(Path(f"/proc/{pid}/exe").exists() for pid in children):
            time.sleep(0.02)
    assert not any(Path(f"/proc/{pid}/exe").exists() for pid in children)
