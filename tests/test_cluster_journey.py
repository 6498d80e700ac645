"""A user downloads with many machines: real schedulers and workers, in processes of their own."""

from __future__ import annotations

import os
import re
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Iterator

import pytest
from ck_imagenet.catalogue import synsets
from ck_imagenet.engine.host import BREAKER, PROBES
from ck_imagenet.engine.lease import LEASE
from ck_imagenet.storage.folder_store import FolderStore
from ck_imagenet_practice import PracticeWeb
from ck_imagenet_practice.redirects import redirecting_to
from dask_cluster import IMPORTED, DaskCluster, process_of
from filelock import FileLock
from terminal import WNID, Terminal

WNIDS = [synset.wnid for synset in synsets.load().synsets[:30]]
EACH = 8
STOPPED = r"Stopped: .*\. The same command goes on\.\n"


@pytest.fixture
def terminal(tmp_path: Path, web: PracticeWeb) -> Terminal:
    """A terminal with a list of many synsets: pictures that take their time, and a dead link."""
    terminal = Terminal(tmp_path, {**web.environment(), **IMPORTED})
    with (tmp_path / "list").open("w") as opened:
        for position, wnid in enumerate(WNIDS):
            dead = f"/status/404/{wnid}.jpg"
            good = [f"/slow/0.05/{wnid}_{number}.jpg" for number in range(EACH)]
            for number, path in enumerate([dead, *good]):
                url = web.url((position + number) % len(web.hosts), path)
                opened.write(f"{wnid}_{number} {url}\n")
    return terminal


@pytest.fixture
def cluster(terminal: Terminal) -> Iterator[DaskCluster]:
    """A cluster of two workers with two threads each."""
    with DaskCluster(terminal.folder / "dask", terminal.environment) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def lasting_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    """The same for tests that leave it as it is: it takes a while to start."""
    folder = tmp_path_factory.mktemp("lasting") / "dask"
    environment = {name: value for name, value in os.environ.items() if name[:3] != "CK_"}
    with DaskCluster(folder, environment) as cluster:
        yield cluster


def command(cluster: DaskCluster, *options: str) -> tuple[str, ...]:
    named = f"--wnid={','.join(WNIDS)}"
    engine = ("--engine=dask", f"--scheduler={cluster.address}")
    return ("download", "imagenet", named, "--urls=list", *engine, *options)


def here(terminal: Terminal) -> list[int]:
    return [len(terminal.pictures(wnid)) for wnid in WNIDS]


def in_folder(terminal: Terminal) -> list[int]:
    """Return the same of what `--outdir=out` has filled."""
    return [len(list((terminal.folder / "out" / wnid).glob("*.jpg"))) for wnid in WNIDS]


def asked(web: PracticeWeb) -> Counter[str]:
    return Counter(request.path for request in web.requests.all())


def leavings(terminal: Terminal) -> list[str]:
    return [str(path) for path in terminal.repos.rglob("cluster-*")]


@pytest.mark.every_python
def test_every_picture_comes_once_and_no_host_has_more_than_its_connections(
    terminal: Terminal, web: PracticeWeb, lasting_cluster: DaskCluster
) -> None:
    done = terminal.json(*command(lasting_cluster, "--per-host=3", "--timeout=60"))["synsets"]
    assert Counter(each["wnid"] for each in done) == Counter(WNIDS)
    assert {(each["links"], each["saved"], str(each["failed"])) for each in done} == {
        (EACH + 1, EACH, "{'gone': 1}")
    }
    assert here(terminal) == [EACH] * len(WNIDS)
    assert set(asked(web).values()) == {1}
    assert max(web.connections.most(host) for host in web.hosts) <= 3
    assert leavings(terminal) == []
    again = terminal.json(*command(lasting_cluster))["synsets"]
    assert {each["to_fetch"] for each in again} == {0}


def test_a_redirect_to_anothers_host_keeps_that_hosts_cap(
    terminal: Terminal, web: PracticeWeb, lasting_cluster: DaskCluster
) -> None:
    with (terminal.folder / "list").open("w") as opened:
        for position, wnid in enumerate(WNIDS):
            for number in range(EACH):
                target = web.url(0, f"/slow/0.05/{wnid}_{number}.jpg")
                path = redirecting_to(target, f"{wnid}_{number}.jpg")
                opened.write(f"{wnid}_{number} {web.url(1 + position % 7, path)}\n")
    terminal.says(*command(lasting_cluster, "--per-host=2", "--outdir=out"))
    assert in_folder(terminal) == [EACH] * len(WNIDS)
    assert web.connections.most(web.hosts[0]) == 2
    assert set(asked(web).values()) == {1}


def test_a_worker_that_is_killed_is_replaced_and_nothing_is_lost_or_comes_twice(
    terminal: Terminal, web: PracticeWeb, cluster: DaskCluster
) -> None:
    with terminal.start(*command(cluster, "--jobs=4", "--out=json")) as run:
        web.requests.wait_for(60)
        os.kill(process_of(cluster.workers[0]), signal.SIGKILL)
        out, err = run.communicate(timeout=100)
    assert (run.returncode, err) == (0, ""), out
    assert here(terminal) == [EACH] * len(WNIDS)
    found = terminal.json("status", "imagenet")["total"]
    assert (found["here"], found["known"]) == (EACH * len(WNIDS), (EACH + 1) * len(WNIDS))
    # What was on its way: four connections for each of its two threads, and what was not told yet.
    twice = sum(count - 1 for count in asked(web).values())
    assert twice <= 16


def test_who_goes_on_after_a_killed_run_waits_for_the_workers_that_it_has_left(
    terminal: Terminal, web: PracticeWeb, cluster: DaskCluster
) -> None:
    one_each = command(cluster, "--per-host=1", "--jobs=2")
    with terminal.start(*one_each) as run:
        web.requests.wait_for(60)
        run.kill()
    terminal.says(*one_each)
    assert here(terminal) == [EACH] * len(WNIDS)
    assert {web.connections.most(host) for host in web.hosts} == {1}
    twice = sum(count - 1 for path, count in asked(web).items() if path.startswith("/slow/"))
    assert twice <= 8  # what was under way, on two connections for each of four threads
    assert leavings(terminal) == []


def test_two_commands_at_once_share_the_workers_of_a_cluster(
    terminal: Terminal, web: PracticeWeb, lasting_cluster: DaskCluster
) -> None:
    words = ("download", "imagenet", "--urls=list", "--jobs=2", "--per-host=1", "--outdir=out")
    engine = ("--engine=dask", f"--scheduler={lasting_cluster.address}")
    halves = [f"--wnid={','.join(wnids)}" for wnids in (WNIDS[:15], WNIDS[15:])]
    begun = (terminal.start(*words, *engine, half) for half in halves)
    with next(begun) as one, next(begun) as other:
        ends = [run.communicate(timeout=100)[1] or run.returncode for run in (one, other)]
    assert ends == [0, 0]
    assert in_folder(terminal) == [EACH] * len(WNIDS)
    assert set(asked(web).values()) == {1}


def test_hosts_that_time_out_hold_no_pictures_of_a_host_that_has_many(
    terminal: Terminal, web: PracticeWeb, lasting_cluster: DaskCluster
) -> None:
    links = [web.url(0, f"/good/{number}.jpg") for number in range(40)]
    (terminal.folder / "list").write_text("\n".join([web.url(1, "/silent/0.jpg"), *links]))
    engine = ("--engine=dask", f"--scheduler={lasting_cluster.address}", "--timeout=5", "--retry=1")
    words = ("download", "imagenet", f"--wnid={WNID}", "--urls=list", "--outdir=out")
    terminal.says(*words, *engine)
    paths = [request.path for request in web.requests.all()]
    assert sum(path.startswith("/good/") for path in paths) == len(links)
    assert paths[-1].startswith("/silent/")


def test_a_command_that_was_suspended_goes_on_with_its_workers_and_nothing_is_lost(
    terminal: Terminal, web: PracticeWeb, cluster: DaskCluster
) -> None:
    with terminal.start(*command(cluster, "--jobs=2")) as run:
        web.requests.wait_for(60)
        run.send_signal(signal.SIGSTOP)
        so_far = -1
        while so_far < len(web.requests.all()):
            so_far = len(web.requests.all())
            time.sleep(2)
        time.sleep(3 * LEASE)
        run.send_signal(signal.SIGCONT)
        out, err = run.communicate(timeout=100)
    assert (run.returncode, err) == (0, ""), out
    assert here(terminal) == [EACH] * len(WNIDS)
    # What was under way when their leases lapsed, on two connections for each of four threads.
    assert sum(count - 1 for count in asked(web).values()) <= 8


def test_a_worker_that_is_paused_loses_its_hosts_to_others_and_joins_again(
    terminal: Terminal, web: PracticeWeb, cluster: DaskCluster
) -> None:
    with terminal.start(*command(cluster, "--jobs=2", "--per-host=1")) as run:
        web.requests.wait_for(60)
        paused = process_of(cluster.workers[0])
        os.kill(paused, signal.SIGSTOP)
        time.sleep(2 * LEASE + 5)
        os.kill(paused, signal.SIGCONT)
        out, err = run.communicate(timeout=100)
    assert (run.returncode, err) == (0, ""), out
    assert here(terminal) == [EACH] * len(WNIDS)
    # What was on its way: two connections for each of its two threads, what was not told yet, and
    # what it began after the pause, before it saw that its lease has passed.
    assert sum(count - 1 for count in asked(web).values()) <= 16


def test_a_worker_that_comes_late_has_a_part_of_the_work(
    terminal: Terminal, web: PracticeWeb
) -> None:
    one = DaskCluster(terminal.folder / "dask", terminal.environment, workers=1)
    with one as cluster, terminal.start(*command(cluster, "--jobs=1")) as run:
        web.requests.wait_for(10)
        cluster.add_worker()
        process_of(cluster.workers[1])
        time.sleep(3)  # who is there is looked at every second
        os.killpg(cluster.workers[0].pid, signal.SIGKILL)
        out, err = run.communicate(timeout=100)
    assert (run.returncode, err) == (0, ""), out
    assert here(terminal) == [EACH] * len(WNIDS)


def test_rests_and_time_outs_of_hosts_count_though_the_workers_that_know_of_them_are_killed(
    terminal: Terminal, web: PracticeWeb, cluster: DaskCluster
) -> None:
    paths = [f"/rationed/window-10-12/after/{number}.jpg" for number in range(15)]
    silent = [web.url(1, f"/silent/{number}.jpg") for number in range(30)]
    urls = [*silent, *(web.url(0, path) for path in paths)]
    (terminal.folder / "list").write_text("\n".join(urls))
    words = ("download", "imagenet", f"--wnid={WNID}", "--urls=list", "--outdir=out", "--retry=0")
    engine = ("--engine=dask", f"--scheduler={cluster.address}", "--per-host=1", "--timeout=1")

    def asked_in_vain() -> int:
        return sum(path.startswith("/silent/") for path in asked(web).elements())

    with terminal.start(*words, *engine) as run:
        while asked_in_vain() < BREAKER or sum(asked(web).values()) < BREAKER + 11:
            assert run.poll() is None
            time.sleep(0.01)
        time.sleep(1.4)  # until the last has timed out, and all of it is told
        for worker in cluster.workers:
            os.kill(process_of(worker), signal.SIGKILL)
        out, _ = run.communicate(timeout=100)
    assert run.returncode == 0, out
    assert len(list((terminal.folder / "out" / WNID).glob("*.jpg"))) == len(paths)
    tally = web.rations.tally(web.hosts[0])
    assert (len(tally.given), len(tally.refused), tally.heedless) == (len(paths), 1, ())
    # One may have been on its way.
    assert BREAKER + PROBES <= asked_in_vain() <= BREAKER + PROBES + 1


@pytest.mark.parametrize("repos", ["CK_REPOS", None])
def test_workers_use_the_users_ck_repos_whatever_theirs_is_and_however_it_is_named(
    terminal: Terminal, repos: str | None
) -> None:
    """A relative path, and none at all, mean something else on another machine."""
    ours = {**terminal.environment, "CK_REPOS": "CK_REPOS"}
    if not repos:
        del ours["CK_REPOS"]
        (terminal.folder / "CK").symlink_to(terminal.repos)
    theirs = {**terminal.environment, "CK_REPOS": str(terminal.folder / "elsewhere")}
    with DaskCluster(terminal.folder / "dask", theirs) as cluster:
        terminal.says(*command(cluster), env=ours)
    assert here(terminal) == [EACH] * len(WNIDS)


def test_ctrl_c_stops_the_work_of_the_cluster_and_keeps_what_is_here(
    terminal: Terminal, web: PracticeWeb, cluster: DaskCluster
) -> None:
    with terminal.start(*command(cluster, "--jobs=2")) as run:
        web.requests.wait_for(60)
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=60)
    assert run.returncode == 130, out + err
    assert re.fullmatch(STOPPED, err)
    # What was saved is in the journals, but for what was under way.
    assert terminal.ck("check", "imagenet").stdout.count("unseen") <= 8
    so_far = len(web.requests.all())
    assert so_far < (EACH + 1) * len(WNIDS)
    time.sleep(2)
    assert len(web.requests.all()) == so_far
    assert leavings(terminal) == []
    assert sum(here(terminal)) > 0
    terminal.says(*command(cluster))
    assert here(terminal) == [EACH] * len(WNIDS)


def test_ctrl_c_ends_a_run_whose_scheduler_answers_no_more(
    terminal: Terminal, web: PracticeWeb, cluster: DaskCluster
) -> None:
    with terminal.start(*command(cluster, "--jobs=2")) as run:
        web.requests.wait_for(60)
        cluster.pause_scheduler()
        time.sleep(6)  # a run asks every five seconds who is there
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=40)
    assert run.returncode == 130, out + err
    assert re.fullmatch(STOPPED, err)
    assert leavings(terminal) == []


def test_a_scheduler_that_is_gone_is_told_of_and_the_same_command_goes_on(
    terminal: Terminal, web: PracticeWeb, cluster: DaskCluster
) -> None:
    with terminal.start(*command(cluster, "--jobs=2")) as run:
        web.requests.wait_for(60)
        cluster.kill_scheduler()
        out, err = run.communicate(timeout=100)
    assert (run.returncode, err) == (1, ""), out
    assert re.search("the cluster.* the same command goes on!$", out.rstrip(), re.S), out
    assert leavings(terminal) == []
    terminal.says("download", "imagenet", f"--wnid={','.join(WNIDS)}", "--urls=list")
    assert here(terminal) == [EACH] * len(WNIDS)


def test_each_synset_has_so_many_pictures_as_are_wanted(
    terminal: Terminal, web: PracticeWeb, lasting_cluster: DaskCluster
) -> None:
    terminal.says(*command(lasting_cluster, "--max-images=3", "--outdir=out"))
    assert in_folder(terminal) == [3] * len(WNIDS)
    assert len(web.requests.all()) <= 4 * len(WNIDS)


def test_what_lies_between_two_requests_to_a_host_lies_between_two_synsets_too(
    terminal: Terminal, web: PracticeWeb, lasting_cluster: DaskCluster
) -> None:
    """Synsets that are begun one after the other bring links to a host one after the other."""
    sleep, hosts, wnids = 1.0, web.hosts[:2], WNIDS[:9]
    with (terminal.folder / "list").open("w") as opened:
        for wnid in wnids:
            for number, _ in enumerate(hosts):
                opened.write(f"{wnid}_{number} {web.url(number, f'/good/{wnid}_{number}.jpg')}\n")
    engine = ("--engine=dask", f"--scheduler={lasting_cluster.address}", f"--sleep={sleep}")
    words = ("download", "imagenet", f"--wnid={','.join(wnids)}", "--urls=list", "--outdir=out")
    terminal.says(*words, *engine)
    assert in_folder(terminal)[: len(wnids)] == [2] * len(wnids)
    for host in hosts:
        asked = [each.when for each in web.requests.all() if each.host == host]
        assert len(asked) == len(wnids)
        assert all(after - before > sleep * 0.5 for before, after in zip(asked, asked[1:]))
        assert asked[-1] - asked[0] > sleep * 0.95 * (len(wnids) - 1)


def test_a_folder_is_filled_by_a_cluster_too(
    terminal: Terminal, lasting_cluster: DaskCluster
) -> None:
    terminal.says(*command(lasting_cluster, "--outdir=out"))
    assert in_folder(terminal) == [EACH] * len(WNIDS)
    assert list(FolderStore(terminal.folder / "out").home().glob("cluster-*")) == []


def test_what_a_killed_run_has_left_goes_and_what_another_run_holds_stays(
    terminal: Terminal, lasting_cluster: DaskCluster
) -> None:
    home = FolderStore(terminal.folder / "out").create_home()
    left, held = home / "cluster-left", home / "cluster-held"
    left.touch()
    with FileLock(held):
        terminal.says(*command(lasting_cluster, "--outdir=out"))
        assert list(home.glob("cluster-*")) == [held]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--engine=dask"], "--engine needs --scheduler: give both, or neither"),
        (["--scheduler=tcp://127.0.0.1:1"], "--scheduler needs --engine: give both, or neither"),
        (
            ["--engine=dask", "--scheduler=tcp://127.0.0.1:1", "--processes=2"],
            "--engine and --processes cannot be used together: leave one of them out",
        ),
        (
            ["--engine=dask", "--scheduler=nonsense://1"],
            r"--scheduler=nonsense://1: no Dask scheduler answers there \(.*\); "
            "start one with: dask scheduler",
        ),
        (
            ["--engine=dask", "--scheduler=tls://127.0.0.1:1"],
            "--scheduler=tls://127.0.0.1:1: no Dask scheduler answers there "
            r"\(Dask's configuration here has no TLS certificates\); "
            "start one with: dask scheduler",
        ),
    ],
)
def test_what_makes_no_cluster_is_refused(
    terminal: Terminal, options: list[str], said: str
) -> None:
    answer = terminal.refuses("download", "imagenet", f"--wnid={WNID}", *options)
    assert re.fullmatch(said, answer), answer
    assert not terminal.repository().exists()


def test_who_listens_and_is_no_scheduler_is_told_of(terminal: Terminal, web: PracticeWeb) -> None:
    engine = ("--engine=dask", f"--scheduler={web.service.replace('http', 'tcp')}")
    said = terminal.refuses("download", "imagenet", f"--wnid={WNID}", *engine)
    assert "(what listens there does not answer like Dask)" in said


def test_a_scheduler_of_another_release_is_told_of(
    terminal: Terminal, lasting_cluster: DaskCluster
) -> None:
    other = "import distributed; distributed.__version__ = '2023.4.1'"
    (terminal.folder / "sitecustomize.py").write_text(other)
    terminal.environment["PYTHONPATH"] = str(terminal.folder)
    said = terminal.refuses(*command(lasting_cluster))
    assert re.search(r"\(it has distributed .*, and this machine has 2023\.4\.1: all", said)


def test_without_dask_it_is_said_what_to_type(terminal: Terminal) -> None:
    hidden = "import sys; sys.modules['distributed'] = None"
    (terminal.folder / "sitecustomize.py").write_text(hidden)
    terminal.environment["PYTHONPATH"] = str(terminal.folder)
    engine = ("--engine=dask", "--scheduler=tcp://127.0.0.1:1")
    said = terminal.refuses("download", "imagenet", f"--wnid={WNID}", *engine)
    assert re.fullmatch(
        'the Python package "distributed" is missing; get it with: ".*" -m pip install distributed',
        said,
    )
