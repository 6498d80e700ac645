"""A user downloads many synsets in one run, none of which holds the others."""

from __future__ import annotations

import itertools
import os
import re
import signal
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Callable, Iterator

import pytest
from ck_imagenet.catalogue import synsets
from ck_imagenet.commands.download import run as download_of
from ck_imagenet.core.actions import SERVICE, DownloadOptions
from ck_imagenet.core.errors import BadInput
from ck_imagenet.core.files import NEW
from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.core.text import ImageName, Progress
from ck_imagenet.core.url_lists import Line
from ck_imagenet.engine import scheduler
from ck_imagenet.engine.synset_job import Summary
from ck_imagenet.sources.lists import SynsetList, keep
from ck_imagenet.storage import summaries
from ck_imagenet.storage.folder_store import FolderStore
from ck_imagenet.storage.journal import Journal
from ck_imagenet_practice import PracticeWeb
from filelock import FileLock
from peer import Talk, answer, serving
from terminal import Terminal

MANY = [synset.wnid for synset in synsets.load().synsets[:60]]
A_FEW = MANY[:3]


@pytest.fixture
def terminal(tmp_path: Path, web: PracticeWeb) -> Terminal:
    """A terminal with a list that each test writes."""
    return Terminal(tmp_path, web.environment())


class Lists:
    """A list of many synsets, as --urls takes it."""

    def __init__(self, terminal: Terminal, web: PracticeWeb) -> None:
        self._path = terminal.folder / "list"
        self._web = web
        self._hosts = itertools.cycle(range(len(web.hosts)))

    def add(self, wnid: str, *paths: str) -> None:
        with self._path.open("a") as opened:
            for number, path in enumerate(paths):
                opened.write(f"{wnid}_{number} {self._web.url(next(self._hosts), path)}\n")

    def add_good(self, wnid: str, count: int, pause: str = "0") -> None:
        self.add(wnid, *(f"/slow/{pause}/{wnid}_{number}.jpg" for number in range(count)))


@pytest.fixture
def lists(terminal: Terminal, web: PracticeWeb) -> Lists:
    """Lists that each test writes."""
    return Lists(terminal, web)


def download(*options: str, wnids: list[str]) -> tuple[str, ...]:
    return ("download", "imagenet", f"--wnid={','.join(wnids)}", "--urls=list", *options)


def here(terminal: Terminal, wnids: list[str]) -> list[int]:
    return [len(terminal.pictures(wnid)) for wnid in wnids]


def test_a_slow_synset_holds_no_other(terminal: Terminal, lists: Lists) -> None:
    lists.add_good(A_FEW[0], 1, pause="2")
    for wnid in A_FEW[1:]:
        lists.add_good(wnid, 5)
    done = terminal.json(*download(wnids=A_FEW))["synsets"]
    assert [synset["wnid"] for synset in done][-1] == A_FEW[0]
    assert here(terminal, A_FEW) == [1, 5, 5]


@pytest.mark.parametrize("processes", [1, 3])
@pytest.mark.every_python
def test_every_picture_of_many_synsets_comes_once(
    terminal: Terminal, web: PracticeWeb, lists: Lists, processes: int
) -> None:
    for wnid in MANY:
        lists.add_good(wnid, 4)
        lists.add(wnid, f"/good/{wnid}_0.jpg", f"/status/404/{wnid}.jpg")
    patient = ("--timeout=60", f"--processes={processes}")  # a busy machine asks nothing twice
    done = terminal.json(*download(*patient, wnids=MANY))["synsets"]
    assert Counter(synset["wnid"] for synset in done) == Counter(MANY)
    assert all((synset["links"], synset["saved"]) == (6, 5) for synset in done), done
    assert here(terminal, MANY) == [5] * len(MANY)
    assert max(Counter(request.path for request in web.requests.all()).values()) == 1
    assert terminal.json(*download(wnids=MANY))["synsets"][0]["to_fetch"] == 0


def test_each_synset_has_so_many_pictures_as_are_wanted(
    terminal: Terminal, web: PracticeWeb, lists: Lists
) -> None:
    for wnid in MANY[:20]:
        lists.add(wnid, f"/status/404/{wnid}.jpg")
        lists.add_good(wnid, 8, pause="0.01")
    done = terminal.json(*download("--max-images=3", wnids=MANY[:20]))["synsets"]
    assert [synset["here"] for synset in done] == [3] * 20
    assert here(terminal, MANY[:20]) == [3] * 20
    assert len(web.requests.all()) <= 20 * 5


def test_a_run_that_is_killed_goes_on_where_it_was(
    terminal: Terminal, web: PracticeWeb, lists: Lists
) -> None:
    for wnid in MANY:
        lists.add_good(wnid, 6, pause="0.05")
    with terminal.start(*download("--processes=2", wnids=MANY)) as run:
        web.requests.wait_for(150)
        os.kill(run.pid, signal.SIGKILL)
    time.sleep(1)  # its children end by themselves, with what is on its way
    settled = sum(
        len(Journal(terminal.repository(wnid) / "imagenet" / wnid / "journal").records)
        for wnid in MANY
    )
    asked = len(web.requests.all())
    assert len(terminal.json(*download(wnids=MANY))["synsets"]) == len(MANY)
    assert here(terminal, MANY) == [6] * len(MANY)
    assert len(web.requests.all()) - asked <= 6 * len(MANY) - settled


def test_ctrl_c_ends_all_synsets_and_keeps_what_is_here(
    terminal: Terminal, web: PracticeWeb, lists: Lists
) -> None:
    for wnid in MANY:
        lists.add_good(wnid, 6, pause="0.1")
    with terminal.start(*download("--processes=2", wnids=MANY)) as run:
        web.requests.wait_for(100)
        begin = time.monotonic()
        run.send_signal(signal.SIGINT)
        _, err = run.communicate(timeout=60)
    assert time.monotonic() - begin < 6
    assert (run.returncode, err.count("\n")) == (130, 1)
    assert re.match(rf"Stopped: \d+ of {len(MANY)} synsets done, \d+ saved\.", err)
    for wnid in MANY:
        journal = Journal(terminal.repository(wnid) / "imagenet" / wnid / "journal")
        assert len(journal.saved()) == len(terminal.pictures(wnid))


@pytest.mark.every_python
def test_a_synset_at_which_another_command_is_at_work_is_left_for_the_end(
    terminal: Terminal, web: PracticeWeb, lists: Lists
) -> None:
    lists.add_good(A_FEW[0], 1, pause="8")
    for wnid in A_FEW[1:]:
        lists.add_good(wnid, 5)
    with terminal.start(*download(wnids=A_FEW[:1])) as first:
        web.requests.wait_for(1)
        second = terminal.ck(*download(wnids=A_FEW))
        first.communicate(timeout=60)
    assert (first.returncode, second.returncode) == (0, 0), second.stdout
    assert f"{A_FEW[0]}: another command is at work on it" in second.stderr
    shown = [line.split()[0] for line in second.stdout.splitlines() if line.startswith("n")]
    assert shown[-1] == A_FEW[0]
    assert sorted(shown) == A_FEW
    assert here(terminal, A_FEW) == [1, 5, 5]


def lock_of(terminal: Terminal, wnid: str) -> FileLock:
    """What another command at work on a synset that is here holds."""
    return FileLock(terminal.repository(wnid) / "imagenet" / wnid / ".lock")


def test_the_wayback_machine_is_asked_for_a_synset_that_was_busy_too(
    terminal: Terminal, lists: Lists
) -> None:
    first, second = A_FEW[:2]
    for wnid in (first, second):
        lists.add(wnid, f"/status/404/{wnid}.jpg")
    terminal.says(*download(wnids=[first, second]))
    lock = lock_of(terminal, first)
    lock.acquire()
    with terminal.start(*download("--wayback", "--out=json", wnids=[first, second])) as run:
        time.sleep(4)  # for the other to be done with all that it is asked
        lock.release()
        out, err = run.communicate(timeout=60)
    assert (run.returncode, err) == (0, ""), out
    assert f'"wnid": "{first}"' in out


def test_busy_synsets_are_taken_together_when_they_are_free(
    terminal: Terminal, lists: Lists
) -> None:
    wnids, pause = MANY[:4], 5
    for wnid in wnids:
        lists.add_good(wnid, 1, str(pause))
    terminal.says(*download("--dry-run", wnids=wnids))
    for wnid in wnids:
        terminal.says(*download("--offset=1", wnids=[wnid]))
    locks = [lock_of(terminal, wnid) for wnid in wnids]
    for lock in locks:
        lock.acquire()
    with terminal.start(*download(wnids=wnids)) as run:
        time.sleep(2)
        for lock in locks:
            lock.release()
        begin = time.monotonic()
        out, _ = run.communicate(timeout=60)
    assert run.returncode == 0, out
    assert time.monotonic() - begin < len(wnids) * pause
    assert here(terminal, wnids) == [1] * len(wnids)


def test_a_dead_synset_beside_a_living_one_is_no_network_that_is_down(
    terminal: Terminal, lists: Lists
) -> None:
    with (terminal.folder / "list").open("a") as opened:
        opened.write(f"{A_FEW[0]}_1 http://gone.example/x.jpg\n")
    lists.add_good(A_FEW[1], 2, pause="1")
    done = terminal.json(*download("--resolve=gone.example:none", wnids=A_FEW[:2]))["synsets"]
    assert {each["wnid"]: (each["here"], each["failed"]) for each in done} == {
        A_FEW[0]: (0, {"no-such-host": 1}),
        A_FEW[1]: (2, {}),
    }


def test_where_all_synsets_are_dead_the_network_may_be_down(
    terminal: Terminal, lists: Lists
) -> None:
    with (terminal.folder / "list").open("a") as opened:
        opened.writelines(f"{wnid}_1 http://gone.example/x.jpg\n" for wnid in A_FEW)
    said = terminal.refuses(*download("--resolve=gone.example:none", wnids=A_FEW))
    assert "the network seems to be down" in said


def test_a_placeholder_under_one_url_in_two_synsets_is_taken_out_of_both(
    tmp_path: Path, web: PracticeWeb, lists: Lists, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "MOST_OPEN", 1)
    wnids = MANY[:4]
    same = web.url(0, "/unlisted/a.jpg")
    (tmp_path / "list").write_text(f"{wnids[0]}_0 {same}\n{wnids[1]}_0 {same}\n")
    lists.add(wnids[2], "/unlisted/b.jpg")
    lists.add(wnids[3], "/unlisted/c.jpg")
    run_here(tmp_path, web, wnids)
    assert list((tmp_path / "out").glob("n*/*.*g")) == []


def test_few_synsets_are_open_at_once(
    tmp_path: Path, web: PracticeWeb, lists: Lists, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Synsets whose hosts time out are done in the end, although there is room for but two."""
    monkeypatch.setattr(scheduler, "MOST_OPEN", 2)
    for wnid in MANY[:4]:
        lists.add(wnid, f"/silent/{wnid}.jpg")
        lists.add_good(wnid, 2)
    done = run_here(tmp_path, web, MANY[:4])
    assert [(each.here, dict(each.failed)) for each in done] == [(2, {Outcome.SILENT: 1})] * 4


def test_what_is_not_done_comes_first(
    tmp_path: Path, web: PracticeWeb, lists: Lists, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "MOST_OPEN", 1)
    for wnid in A_FEW[1:]:
        lists.add_good(wnid, 1)
    assert [each.wnid for each in run_here(tmp_path, web, A_FEW[1:])] == A_FEW[1:]
    lists.add_good(A_FEW[0], 1)
    done = run_here(tmp_path, web, [A_FEW[1], A_FEW[0], A_FEW[2]])
    assert [each.wnid for each in done] == A_FEW
    assert [each.to_fetch for each in done] == [1, 0, 0]


def test_among_many_only_synsets_that_have_changed_are_looked_through(
    tmp_path: Path, web: PracticeWeb, lists: Lists, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there are few, all are."""
    for wnid in A_FEW:
        lists.add_good(wnid, 2)
    run_here(tmp_path, web, A_FEW)
    store = FolderStore(tmp_path / "out")
    left = [store.synset(wnid).state / f"{NEW}left" for wnid in A_FEW]
    for path in left:
        path.touch()
    (tmp_path / "out" / A_FEW[1] / f"{A_FEW[1]}_1.jpg").unlink()
    with monkeypatch.context() as patch:
        patch.setattr(summaries, "FEW", 2)
        done = run_here(tmp_path, web, A_FEW)
    assert sorted((each.wnid, each.here, each.to_fetch) for each in done) == [
        (A_FEW[0], 2, 0),
        (A_FEW[1], 2, 1),
        (A_FEW[2], 2, 0),
    ]
    assert [path.exists() for path in left] == [True, False, True]
    run_here(tmp_path, web, A_FEW)
    assert [path.exists() for path in left] == [False] * 3


def test_retry_failed_asks_again_in_every_synset_for_what_may_pass(
    terminal: Terminal, web: PracticeWeb, lists: Lists
) -> None:
    wnids = MANY[:20]
    for wnid in wnids:
        lists.add(wnid, f"/status/500/{wnid}.jpg", f"/status/404/{wnid}.jpg")
        lists.add_good(wnid, 1)
    terminal.says(*download("--retry=0", wnids=wnids))
    web.requests.clear()
    terminal.says(*download("--retry=0", wnids=wnids))
    assert web.requests.all() == []
    terminal.says(*download("--retry=0", "--retry-failed", wnids=wnids))
    asked = Counter(request.path for request in web.requests.all())
    assert asked == Counter(f"/status/500/{wnid}.jpg" for wnid in wnids)


def lists_but_one(web: PracticeWeb, seconds: float) -> Callable[[Talk], None]:
    """Return what gives a list of one picture for each synset but the second, which has none."""

    def give(talk: Talk) -> None:
        wnid = talk.hear().split()[1].decode().strip("/")
        if wnid == A_FEW[1]:
            talk.say(answer(status="404 Not Found"))
        else:
            url = web.url(0, f"/slow/{seconds}/{wnid}.jpg")
            talk.say(answer(f"{wnid}_0 {url}\n".encode()))

    return give


def test_a_list_that_cannot_be_had_ends_the_run_when_those_before_it_are_done(
    tmp_path: Path, web: PracticeWeb
) -> None:
    done: list[Summary] = []
    with serving() as serve, pytest.raises(BadInput, match=r"cannot be downloaded: .*gone"):
        done.extend(running(tmp_path, web, A_FEW, serve(lists_but_one(web, 0.5)).url("/{wnid}")))
    assert [(each.wnid, each.here) for each in done] == [(A_FEW[0], 1)]


def test_a_list_that_is_not_there_ends_nothing_if_its_synset_is_not_named(
    tmp_path: Path, web: PracticeWeb
) -> None:
    with serving() as serve:
        urls = serve(lists_but_one(web, 0)).url("/{wnid}")
        options = DownloadOptions(upper=2, urls=urls, allow_private=web.allow_private)
        done = list(download_of(options, FolderStore(tmp_path / "out"), Progress()))
    assert sorted((each.wnid, isinstance(each, Summary)) for each in done) == [  # type: ignore
        (A_FEW[0], True),
        (A_FEW[1], False),
        (A_FEW[2], True),
    ]


def test_a_list_that_takes_its_time_holds_no_synset_before_it(
    tmp_path: Path, web: PracticeWeb
) -> None:
    first_is_done = threading.Event()

    def give(talk: Talk) -> None:
        wnid = talk.hear().split()[1].decode().strip("/")
        if wnid != A_FEW[0]:
            first_is_done.wait()
        body = f"{wnid}_0 {web.url(0, f'/slow/0/{wnid}.jpg')}\n".encode()
        talk.say(answer(body))

    with serving() as serve:
        run = running(tmp_path, web, A_FEW, serve(give).url("/{wnid}"))
        assert next(run).wnid == A_FEW[0]
        first_is_done.set()
        assert {each.wnid: each.here for each in run} == {A_FEW[1]: 1, A_FEW[2]: 1}


def test_a_done_synset_waits_for_no_list_of_another(tmp_path: Path, web: PracticeWeb) -> None:
    told = threading.Event()
    told.set()

    def give(talk: Talk) -> None:
        wnid = talk.hear().split()[1].decode().strip("/")
        if wnid != A_FEW[0]:
            told.wait()
        talk.say(answer(f"{wnid}_0 {web.url(0, f'/slow/0/{wnid}.jpg')}\n".encode()))

    with serving() as serve:
        urls = serve(give).url("/{wnid}")
        assert [each.saved for each in running(tmp_path, web, A_FEW[:2], urls)] == [1, 1]
        told.clear()
        run = running(tmp_path, web, A_FEW[:2], urls)
        assert next(run).wnid == A_FEW[0]
        told.set()
        assert [each.wnid for each in run] == [A_FEW[1]]


def test_synsets_whose_lists_are_here_wait_for_no_service(tmp_path: Path, web: PracticeWeb) -> None:
    place = FolderStore(tmp_path / "out").synset(A_FEW[1])
    place.create()
    line = Line(0, ImageName(A_FEW[1], 0), web.url(0, "/slow/0/a.jpg"))
    keep(place, SynsetList(A_FEW[1], "somewhere", [line], "imagenet"))
    told = threading.Event()

    def give(talk: Talk) -> None:
        talk.hear()
        told.wait()
        talk.say(answer(f"{A_FEW[0]}_0 {web.url(0, '/slow/0/b.jpg')}\n".encode()))

    with serving() as serve:
        run = running(tmp_path, web, A_FEW[:2], service=serve(give).url(""))
        assert next(run).wnid == A_FEW[1]
        told.set()
        assert [(each.wnid, each.saved) for each in run] == [(A_FEW[0], 1)]


def run_here(folder: Path, web: PracticeWeb, wnids: list[str]) -> list[Summary]:
    """Download in this process, into a plain folder."""
    return list(running(folder, web, wnids, str(folder / "list")))


def running(
    folder: Path, web: PracticeWeb, wnids: list[str], urls: str = "", service: str = SERVICE
) -> Iterator[Summary]:
    """Begin to do so."""
    options = DownloadOptions(
        wnid=tuple(wnids),
        urls=urls,
        service=service,
        timeout=1,
        retry=0,
        allow_private=web.allow_private,
    )
    found = download_of(options, FolderStore(folder / "out"), Progress())
    return (each for each in found if isinstance(each, Summary))
