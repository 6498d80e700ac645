"""Many fetches at once, from real servers on loopback."""

from __future__ import annotations

import gc
import hashlib
import io
import re
import shutil
import signal
import socket
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Iterator, NamedTuple

import pytest
from ck_imagenet.core.errors import NetworkDown
from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.core.text import ImageName
from ck_imagenet.engine.context import CrawlSettings
from ck_imagenet.engine.dispatcher import Dispatcher
from ck_imagenet.engine.host import HostProfile
from ck_imagenet.engine.link import Task
from ck_imagenet.engine.rations import USUAL_BACK_OFF
from ck_imagenet.engine.recorder import SynsetRecorder
from ck_imagenet.engine.transports import Local
from ck_imagenet.http.address_policy import AddressPolicy
from ck_imagenet.http.client import Client
from ck_imagenet.http.connections import Limits
from ck_imagenet.http.resolver import Resolver
from ck_imagenet.http.retry import Spacing
from ck_imagenet.storage.deduplication import Duplicates
from ck_imagenet.storage.folder_store import FolderStore
from ck_imagenet.storage.journal import Journal
from ck_imagenet.storage.numbering import Link
from ck_imagenet.storage.records import Record
from PIL import Image

WNID = "n01440764"


def jpeg(shade: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (30, 20), (shade % 256, shade // 256, 0)).save(out, "JPEG")
    comment = b"\xff\xfe\0\x06%04d" % shade  # near shades become the same pixels
    return out.getvalue()[:2] + comment + out.getvalue()[2:]


class Answer(NamedTuple):
    """What a host answers; what it announces may be more than it sends."""

    status: int = 200
    body: bytes = b""
    location: str = ""
    retry_after: str = ""
    missing: int = 0
    pause: float = 0.0
    after: int = 0
    """Requests that its host waits for before it answers."""


class Request(NamedTuple):
    """When a request began, and how many were under way then."""

    path: str
    time: float
    at_once: int


class Host(ThreadingHTTPServer):
    """A host that answers by script, the last answer of a path again and again."""

    daemon_threads = True
    request_queue_size = 100

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, list[Answer]] = {}
        self.requests: list[Request] = []
        self._lock = threading.Lock()
        self.closing = threading.Event()
        self._busy = 0

    def url(self, path: str, *answers: Answer) -> str:
        """Let a path be answered so, and return its URL."""
        self.answers[f"/{path}"] = list(answers)
        return f"http://127.0.0.1:{self.server_port}/{path}"

    def pictures(self, count: int, pause: float = 0.0) -> list[str]:
        """Return the URLs of so many pictures."""
        return [
            self.url(f"{number}.jpg", Answer(body=jpeg(number), pause=pause))
            for number in range(count)
        ]

    def answer(self, path: str) -> Answer:
        """Note a request, and return its answer after the answer's pause."""
        with self._lock:
            self._busy += 1
            self.requests.append(Request(path, time.monotonic(), self._busy))
            script = self.answers[path]
            answer = script.pop(0) if len(script) > 1 else script[0]
        self.closing.wait(answer.pause)
        while len(self.requests) < answer.after and not self.closing.wait(0.01):
            pass
        with self._lock:
            self._busy -= 1
        return answer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Host

    def do_GET(self) -> None:
        answer = self.server.answer(self.path)
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(answer.body) + answer.missing))
        if answer.location:
            self.send_header("Location", answer.location)
        if answer.retry_after:
            self.send_header("Retry-After", answer.retry_after)
        self.end_headers()
        self.wfile.write(answer.body)
        self.close_connection = bool(answer.missing)

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:  # whoever asked has gone
            self.close_connection = True

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def new_host() -> Iterator[Any]:
    """Start hosts that end with the test."""
    hosts = []

    def start() -> Host:
        host = Host()
        threading.Thread(target=host.serve_forever, args=[0.01], daemon=True).start()
        hosts.append(host)
        return host

    yield start
    for host in hosts:
        host.closing.set()
        host.shutdown()
        host.server_close()


@pytest.fixture
def host(new_host: Any) -> Host:
    """One host."""
    started: Host = new_host()
    return started


@pytest.fixture
def refusing() -> Iterator[str]:
    """The address of a host that refuses connections."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


class World:
    """A synset in a folder, to crawl into."""

    def __init__(self, folder: Path) -> None:
        self.store = FolderStore(folder)
        self.place = self.store.synset(WNID)
        self.place.create()
        self.reported: list[Record] = []

    def crawl(
        self,
        urls: list[str],
        limits: Limits = Limits(),  # noqa: B008  an immutable value
        **options: Any,
    ) -> int:
        """Crawl as `download` does; return how many pictures were saved."""
        links = [Link(ImageName(WNID, number), url) for number, url in enumerate(urls)]
        return self.crawl_links(links, limits, **options)

    def crawl_links(self, links: Any, limits: Limits, **options: Any) -> int:
        fetcher = Client(
            AddressPolicy.allowing("127.0.0.0/8"), limits, options.pop("resolver", None)
        )
        journal = Journal(self.place.state / "journal")
        recorder = SynsetRecorder(
            self.place,
            journal,
            Duplicates(journal.records.values()),
            here=len(self.place.pictures()),
            most=options.pop("most", None),
            reached=options.pop("reached", False),
            report=options.pop("report", self.reported.append),
        )
        settings = CrawlSettings(**{"jobs": 8, "retry": 0, **options})
        try:
            recorder.purge()
            begin = recorder.here
            dispatcher = Dispatcher(settings.jobs, Local(fetcher, self.store, settings))
            try:
                dispatcher.begin(WNID, recorder, [Task(link, "a list") for link in links])
                dispatcher.is_all_begun = True
                while WNID not in dispatcher.ended():
                    dispatcher.poll(0.05)
            finally:
                dispatcher.close()
            recorder.close()
            return recorder.here - begin
        finally:
            journal.close()
            fetcher.close()

    @property
    def records(self) -> dict[str, Record]:
        return Journal(self.place.state / "journal").records

    def outcomes(self, urls: list[str]) -> list[str]:
        """Return what became of each URL."""
        records = self.records
        return [records[url].outcome.word for url in urls]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A synset to crawl into; no crawl may leave a thread behind."""
    yield World(tmp_path)
    end = time.monotonic() + 3
    while crawling() and time.monotonic() < end:
        time.sleep(0.01)
    assert crawling() == []


def crawling() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("crawl-")]


def asked(host: Host) -> Counter[str]:
    return Counter(request.path for request in host.requests)


def test_every_picture_is_saved_recorded_and_reported_once(world: World, host: Host) -> None:
    urls = host.pictures(25)
    assert world.crawl(urls) == 25
    pictures = world.place.pictures()
    assert {number: path.read_bytes() for number, path in pictures.items()} == {
        number: jpeg(number) for number in range(25)
    }
    assert sorted(world.reported) == sorted(world.records.values())
    record = world.records[urls[3]]
    assert record == Record(
        ImageName(WNID, 3),
        urls[3],
        Outcome.SAVED,
        record.time,
        source="a list",
        final_url=urls[3],
        sha256=hashlib.sha256(jpeg(3)).hexdigest(),
        bytes=len(jpeg(3)),
        width=30,
        height=20,
        image_format="jpeg",
    )


def test_a_picture_that_a_killed_run_left_twice_is_here_once(world: World, host: Host) -> None:
    urls = host.pictures(2)
    world.crawl(urls[:1])
    first = world.records[urls[0]]
    twin = first._replace(name=ImageName(WNID, 1), url=urls[1])
    world.place.save(twin, jpeg(0), "jpg")
    journal = Journal(world.place.state / "journal")
    journal.append(twin)
    journal.close()
    world.crawl([])
    assert list(world.place.pictures()) == [0]
    assert world.outcomes(urls) == ["saved", "duplicate"]
    assert world.records[urls[1]].detail == f"of {urls[0]}"


def test_nothing_removes_a_number_that_another_record_keeps(world: World, host: Host) -> None:
    """As where somebody has put the journals of two machines together."""
    urls = host.pictures(2)
    world.crawl(urls[:1])
    journal = Journal(world.place.state / "journal")
    journal.append(world.records[urls[0]]._replace(url=urls[1]))
    journal.close()
    world.crawl([])
    assert list(world.place.pictures()) == [0]
    assert world.outcomes(urls) == ["saved", "duplicate"]


def test_without_links_there_is_nothing_to_do(world: World) -> None:
    assert world.crawl([]) == 0
    assert world.records == {}


def test_what_is_final_is_asked_once_and_what_may_pass_again(world: World, new_host: Any) -> None:
    causes = {
        "gone": Answer(404),
        "forbidden": Answer(403),
        "http-error": Answer(400),
        "not-a-picture": Answer(body=b"<html>parked</html>"),
        "empty": Answer(),
        "truncated": Answer(body=jpeg(1)[:-9]),
        "redirects": Answer(302, location="/x"),
        "server-error": Answer(500),
        "busy": Answer(503),
        "cut-short": Answer(body=jpeg(1), missing=5),
        "silent": Answer(body=jpeg(1), pause=9),
    }
    hosts = [new_host() for _ in causes]
    urls = [host.url("x", answer) for host, answer in zip(hosts, causes.values())]
    assert world.crawl(urls, Limits(first_byte=0.3), jobs=20, retry=1) == 0
    assert world.outcomes(urls) == list(causes)
    times = {cause: len(host.requests) for cause, host in zip(causes, hosts)}
    often = {"busy": USUAL_BACK_OFF.refusals}  # its host has given nothing yet
    assert times == {
        cause: often.get(cause, 1 if Outcome.named(cause).final else 2) for cause in causes
    }
    for host in hosts:
        if len(host.requests) == 2:
            first, second = host.requests
            assert second.time - first.time >= 0.7  # never at once


def test_without_retries_everything_is_asked_once(world: World, host: Host) -> None:
    urls = [host.url(str(status), Answer(status)) for status in (404, 410, 500, 502)]
    world.crawl(urls, retry=0)
    assert set(asked(host).values()) == {1}


def test_what_waits_for_its_next_attempt_is_settled_when_its_host_is_given_up(
    world: World, host: Host, refusing: str
) -> None:
    urls = [*(f"{refusing}/{number}" for number in range(14)), *host.pictures(1)]
    assert world.crawl(urls, retry=1) == 1
    outcomes = world.outcomes(urls)
    assert Counter(outcomes[:14]) == {"refused": 10, "host-down": 4}


def test_what_recovers_is_saved(world: World, new_host: Any) -> None:
    hosts = [new_host() for _ in range(3)]
    first = [Answer(503, retry_after="1"), Answer(500), Answer(429)]
    urls = [
        host.url("x", bad, Answer(body=jpeg(shade)))
        for shade, (host, bad) in enumerate(zip(hosts, first))
    ]
    assert world.crawl(urls, retry=1) == 3
    assert world.outcomes(urls) == ["saved"] * 3
    assert len(world.reported) == 3


def test_a_host_that_backs_off_keeps_nobody_waiting(world: World, new_host: Any) -> None:
    resting, other = new_host(), new_host()
    busy = Answer(503, retry_after="3")
    urls = [resting.url(str(number), busy, Answer(body=jpeg(900 + number))) for number in range(2)]
    urls += other.pictures(30, pause=0.01)
    assert world.crawl(urls, jobs=2, retry=2) == 32
    begin = min(request.time for request in resting.requests)
    again = [request.time for request in resting.requests if request.time - begin > 0.5]
    assert min(again) - begin >= 3
    assert max(request.time for request in other.requests) < min(again)


def test_what_a_host_says_after_it_asked_to_come_later_is_no_verdict(
    world: World, new_host: Any
) -> None:
    busy, good = Answer(429, retry_after="1"), Answer(body=jpeg(900))
    page, cut = Answer(body=b"<html>Are you a robot?</html>"), Answer(body=jpeg(1), missing=5)
    banned = [*map(Answer, (403, 404, 400, 500, 200)), page, cut]
    hosts = [new_host() for _ in banned]
    links = [
        [host.url("banned", busy, answer, good._replace(body=jpeg(900 + n))), *host.pictures(3)]
        for n, (host, answer) in enumerate(zip(hosts, banned))
    ]
    urls = [url for each in zip(*links) for url in each]
    world.crawl(urls, jobs=len(hosts), per_host=1)
    assert set(world.outcomes([each[0] for each in links])) == {"saved"}
    assert [asked(host)["/banned"] for host in hosts] == [3] * len(hosts)


def test_what_it_says_when_it_gives_again_is_one(world: World, host: Host) -> None:
    busy = Answer(429, retry_after="1")
    urls = [host.url("first", busy, Answer(body=jpeg(900))), host.url("gone", Answer(404))]
    assert world.crawl(urls, jobs=1) == 1
    assert world.outcomes(urls) == ["saved", "gone"]
    assert asked(host)["/gone"] == 1


def test_what_it_says_meanwhile_is_left_open_if_it_never_gives_again(
    world: World, host: Host
) -> None:
    """Even to what was asked before: either may be its ban's page. The next run asks again."""
    page = host.url("page", Answer(body=b"<html>For sale</html>", after=3))
    urls = [page, host.url("never", Answer(429))]
    assert world.crawl(urls, jobs=2, back_off=USUAL_BACK_OFF._replace(first=0.1)) == 0
    assert world.outcomes(urls) == ["busy", "busy"]
    told = world.records[page].detail
    assert re.fullmatch("not-a-picture: .*, after the host asked to come later", told)


@pytest.mark.parametrize("status", [429, 503])
def test_a_link_that_its_host_alone_refuses_ends_as_busy_and_holds_no_other(
    world: World, host: Host, status: int
) -> None:
    urls = host.pictures(60, pause=0.02)
    urls.insert(40, host.url("never", Answer(status)))
    begin = time.monotonic()
    quick = USUAL_BACK_OFF._replace(first=0.1)
    assert world.crawl(urls, jobs=4, retry=1, back_off=quick) == 60
    assert world.outcomes(urls[40:41]) == ["busy"]
    assert asked(host)["/never"] <= 8
    assert time.monotonic() - begin < 20


def test_no_host_has_more_connections_than_its_cap(world: World, host: Host) -> None:
    assert world.crawl(host.pictures(200, pause=0.05), jobs=40) == 200
    assert 5 < max(request.at_once for request in host.requests) <= 10


def test_sleep_lies_between_two_requests_to_one_host(world: World, new_host: Any) -> None:
    hosts = [new_host(), new_host()]
    urls = [url for host in hosts for url in host.pictures(4)]
    world.crawl(urls, profile=lambda host: HostProfile(spacing=Spacing(0.1)))
    assert len(world.records) == 8
    begins, ends = zip(*((host.requests[0].time, host.requests[-1].time) for host in hosts))
    # Three pauses of 0.1 s, and what a busy machine may take off them.
    assert all(end - begin > 0.2 for begin, end in zip(begins, ends))
    assert max(begins) < min(ends)


@pytest.mark.parametrize("jobs", [1, 16])
def test_most_ends_with_exactly_so_many(world: World, host: Host, jobs: int) -> None:
    bad = [host.url(f"bad{number}", Answer(404)) for number in range(5)]
    urls = bad + host.pictures(40, pause=0.005)
    assert world.crawl(urls, jobs=jobs, most=7) == 7
    assert len(world.place.pictures()) == 7
    assert len(host.requests) <= 7 + 5
    assert len(world.reported) == len(world.records) == len(host.requests)


def test_most_ends_with_fewer_if_fewer_are_to_be_had(world: World, host: Host) -> None:
    urls = [*host.pictures(3), host.url("bad", Answer(404))]
    assert world.crawl(urls, most=7) == 3
    assert len(world.records) == 4


def test_most_waits_for_what_may_still_fail(world: World, host: Host) -> None:
    """A picture that turns out bad must be replaced by the next."""
    slow_and_bad = [host.url(f"bad{n}", Answer(404, pause=0.1)) for n in range(4)]
    assert world.crawl(slow_and_bad + host.pictures(4), jobs=8, most=4) == 4


def test_when_nothing_answers_nothing_is_recorded(world: World, refusing: str) -> None:
    urls = [f"{refusing}/{number}" for number in range(3)]
    with pytest.raises(NetworkDown) as down:
        world.crawl(urls)
    assert str(down.value).startswith(
        f"no host answered, for any of 3 URLs: the network seems to be down (first: {refusing}/"
    )
    assert (world.records, world.reported) == ({}, [])
    assert not (world.place.state / "journal").exists()


def test_that_nothing_answers_is_told_of_a_url_that_was_asked(world: World, refusing: str) -> None:
    with pytest.raises(NetworkDown, match=r"\(first: http://\S+, .*refused"):
        world.crawl([f"{refusing}/{number}" for number in range(8)], retry=1)


def test_what_needs_no_network_does_not_hide_that_it_is_down(world: World, refusing: str) -> None:
    nobody = ["http://", "http://10.0.0.1/private", "http://i.imgur.com/removed.png"]
    with pytest.raises(NetworkDown):
        world.crawl([nobody[0], f"{refusing}/1", *nobody[1:]], jobs=1)
    assert (world.records, world.reported) == ({}, [])
    assert world.crawl(nobody) == 0
    assert world.outcomes(nobody) == ["bad-url", "private-address", "placeholder"]


def test_who_refuses_is_recorded_when_another_answers(
    world: World, host: Host, refusing: str
) -> None:
    urls = [f"{refusing}/1", host.url("gone", Answer(404, pause=0.1)), f"{refusing}/2"]
    assert world.crawl(urls) == 0
    assert world.outcomes(urls) == ["refused", "gone", "refused"]
    assert len(world.reported) == 3


def test_a_dead_list_is_recorded_when_the_network_has_been_seen(
    world: World, refusing: str
) -> None:
    urls = [f"{refusing}/{number}" for number in range(3)]
    assert world.crawl(urls, reached=True) == 0
    assert world.outcomes(urls) == ["refused"] * 3


def test_a_wanted_picture_is_not_waited_for_behind_hosts_that_time_out(
    world: World, host: Host, new_host: Any
) -> None:
    mute = new_host()
    silent = [mute.url(f"silent{n}", Answer(body=b"", pause=9)) for n in range(6)]
    begin = time.monotonic()
    assert world.crawl([*silent, *host.pictures(2)], Limits(whole=5), most=1) == 1
    assert time.monotonic() - begin < 9
    assert len(world.records) <= 7


def test_names_that_are_slow_to_find_cost_no_other_host_anything(world: World, host: Host) -> None:
    found = threading.Event()

    def look_up(name: str) -> list[str]:
        if name.startswith("slow"):
            found.wait()
        return ["127.0.0.1"]

    slow = [f"http://slow{number}.example/" for number in range(16)]
    good = [
        url.replace("127.0.0.1", f"good{number % 4}.example")
        for number, url in enumerate(host.pictures(20))
    ]
    resolver = Resolver(look_up)
    try:
        assert world.crawl([*slow, *good], Limits(connect=0.3), jobs=32, resolver=resolver) == 20
    finally:
        found.set()
    assert world.outcomes(slow) == ["silent"] * 16
    assert world.outcomes(good) == ["saved"] * 20


def test_many_links_of_one_host_do_not_keep_another_waiting(world: World, host: Host) -> None:
    many = [f"http://:{number}/" for number in range(2500)]
    gone = host.url("x", Answer(404))
    assert world.crawl([*many, gone], jobs=1) == 0
    assert list(world.records).index(gone) <= 3


def test_a_host_that_breaks_off_has_answered(world: World, refusing: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        gone = threading.Thread(target=lambda: listening.accept()[0].close())
        gone.start()
        urls = [f"http://127.0.0.1:{listening.getsockname()[1]}/", f"{refusing}/"]
        world.crawl(urls)
        gone.join()
    assert world.records[urls[1]].outcome is Outcome.REFUSED
    assert not world.records[urls[0]].outcome.unanswered


def test_that_nobody_answers_again_is_no_news(world: World, host: Host, refusing: str) -> None:
    urls = [f"{refusing}/1", *host.pictures(1)]
    world.crawl(urls)
    assert world.crawl(urls[:1]) == 0
    assert world.outcomes(urls) == ["refused", "saved"]


def test_a_picture_that_cannot_be_kept_ends_the_run(world: World, host: Host) -> None:
    shutil.rmtree(world.place.state / "new")
    with pytest.raises(FileNotFoundError) as failed:
        world.crawl(host.pictures(200, pause=0.005))
    assert Path(failed.value.filename).parent == world.place.state.parent
    assert (world.records, world.place.pictures()) == ({}, {})
    assert len(host.requests) < 100


def test_a_journal_that_cannot_be_written_ends_the_run(world: World, host: Host) -> None:
    journal = world.place.state / "journal"
    journal.touch()
    with pytest.raises(FileExistsError):
        world.crawl(host.pictures(50))


def test_a_defect_ends_the_run_and_not_one_thread_of_it(world: World, host: Host) -> None:
    def fail(record: Record) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        world.crawl(host.pictures(20), report=fail)


def test_links_that_cannot_be_read_to_their_end_end_the_run(world: World, host: Host) -> None:
    def links() -> Iterator[Link]:
        yield Link(ImageName(WNID, 0), host.pictures(1)[0])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        world.crawl_links(links(), Limits())


def test_no_two_reports_come_at_once(world: World, host: Host) -> None:
    busy = threading.Lock()

    def report(record: Record) -> None:
        assert busy.acquire(blocking=False)
        time.sleep(0.001)
        busy.release()

    urls = host.pictures(30) + [host.url(f"bad{n}", Answer(404)) for n in range(30)]
    assert world.crawl(urls, jobs=16, report=report) == 30


@pytest.fixture
def _no_collection() -> Iterator[None]:
    """What is raised in the callbacks of a collection is lost, and that of all tests is long."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("_no_collection")
@pytest.mark.parametrize("pause", [0.02, 30])
def test_ctrl_c_ends_the_run_at_once_and_loses_nothing(
    world: World, host: Host, pause: float
) -> None:
    """Whether hosts answer or not."""
    urls = host.pictures(2000, pause)
    main = threading.main_thread().ident
    assert main
    interrupt = threading.Timer(1, signal.pthread_kill, [main, signal.SIGINT])
    interrupt.start()
    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        world.crawl(urls)
    assert time.monotonic() - begin < 1 + 4
    interrupt.join()
    assert crawling() == []
    saved = {record.name.number for record in world.records.values()}
    assert saved == set(world.place.pictures())
    assert bool(saved) == (pause < 1)
    assert all(record.outcome is Outcome.SAVED for record in world.records.values())


def test_a_task_that_is_put_back_may_be_taken_before_its_attempt_has_ended(
    world: World, new_host: Any
) -> None:
    """From host to host, as fast as can be."""
    hosts = [new_host() for _ in range(4)]
    urls = []
    for number in range(150):
        where, last = hosts[number % 4], hosts[(number + 2) % 4]
        target = last.url(f"{number}.jpg", Answer(body=jpeg(number)))
        middle = hosts[(number + 1) % 4].url(f"m{number}", Answer(302, location=target))
        urls.append(where.url(f"f{number}", Answer(302, location=middle)))
    assert world.crawl(urls, jobs=16) == 150
