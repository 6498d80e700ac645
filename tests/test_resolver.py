"""Names to addresses: each name once, and never longer than the caller waits."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager, suppress
from typing import Iterator

import pytest
from ck_imagenet.core.outcomes import Failed, Outcome, Postponed
from ck_imagenet.http import resolver
from ck_imagenet.http.resolver import Resolver
from hypothesis import given
from hypothesis import strategies as st

SOON = 5.0


class Names:
    """A lookup that knows a few names, counts what it is asked, and can be slow.

    Attributes
    ----------
    asked : list of str
        The names in the order in which they were asked.
    slow : threading.Event
        Names that begin with "slow" are answered once this is set.
    failure : Exception or None
        What the next lookup of a name that is not known raises.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.slow = threading.Event()
        self.failure: Exception = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        self.most = 0
        self._busy = 0
        self._lock = threading.Lock()

    def wait_for(self, count: int) -> None:
        """Wait until so many lookups have begun."""
        while len(self.asked) < count:
            time.sleep(0.005)

    def __call__(self, host: str) -> list[str]:
        with self._lock:
            self.asked.append(host)
            self._busy += 1
            self.most = max(self.most, self._busy)
        try:
            if host.startswith("slow"):
                self.slow.wait()
            elif host != "a.com":
                raise self.failure
            return ["192.0.2.1", "2001:db8::1"]
        finally:
            with self._lock:
                self._busy -= 1


@pytest.fixture
def names() -> Iterator[Names]:
    """Names whose slow lookups end with the test at the latest."""
    lookup = Names()
    yield lookup
    lookup.slow.set()


def failure(resolver: Resolver, host: str, wait: float = SOON) -> Failed:
    """Return what resolving `host` fails with."""
    with pytest.raises(Failed) as failed:
        resolver.resolve(host, wait)
    return failed.value


@contextmanager
def eight_slow(resolver: Resolver, names: Names, wait: float = SOON) -> Iterator[None]:
    """Have somebody wait for each of eight slow names."""

    def ask(number: int) -> None:
        with suppress(Failed):
            resolver.resolve(f"slow{number}.com", wait)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    names.wait_for(8)
    yield
    for thread in threads:
        thread.join()


def no_lookup(host: str) -> list[str]:
    """Fail: nothing is to be looked up."""
    raise AssertionError(host)


class TestNames:
    """What has to be looked up."""

    def test_the_address_that_connected_comes_first_from_then_on(self, names: Names) -> None:
        resolver = Resolver(names)
        resolver.prefer("a.com", "2001:db8::1")  # nothing is known of it
        assert resolver.resolve("a.com", SOON) == ["192.0.2.1", "2001:db8::1"]
        resolver.prefer("a.com", "2001:db8::1")
        assert resolver.resolve("a.com", SOON) == ["2001:db8::1", "192.0.2.1"]
        assert names.asked == ["a.com"]

    def test_a_name_has_the_addresses_that_its_lookup_gives(self, names: Names) -> None:
        assert Resolver(names).resolve("a.com", SOON) == ["192.0.2.1", "2001:db8::1"]

    def test_a_name_is_looked_up_once(self, names: Names) -> None:
        resolver = Resolver(names)
        assert resolver.resolve("a.com", SOON) == resolver.resolve("a.com", 0)
        assert names.asked == ["a.com"]

    def test_of_many_names_the_last_are_remembered(
        self, names: Names, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(resolver, "MOST_REMEMBERED", 2)
        known = Resolver(names)
        for name in ("a", "b", "a", "c", "a", "b"):
            with suppress(Failed):  # that there is no such name is remembered as well
                known.resolve(name, SOON)
        assert names.asked == ["a", "b", "c", "b"]

    def test_many_that_ask_at_once_share_one_lookup(self, names: Names) -> None:
        resolver, found = Resolver(names), []
        threads = [
            threading.Thread(target=lambda: found.append(resolver.resolve("slow.com", SOON)))
            for _ in range(20)
        ]
        for thread in threads:
            thread.start()
        names.slow.set()
        for thread in threads:
            thread.join()
        assert found == [["192.0.2.1", "2001:db8::1"]] * 20
        assert names.asked == ["slow.com"]

    def test_a_name_that_does_not_exist_is_remembered(self, names: Names) -> None:
        resolver = Resolver(names)
        for _ in range(2):
            failed = failure(resolver, "none.com")
            assert failed.outcome is Outcome.NO_SUCH_HOST
            assert failed.detail == f"none.com: {names.failure}"
        assert names.asked == ["none.com"]

    def test_each_failure_is_an_exception_of_its_own(self, names: Names) -> None:
        """Threads that share one would write their tracebacks into each other's."""
        resolver = Resolver(names)
        assert failure(resolver, "none.com") is not failure(resolver, "none.com")

    @pytest.mark.parametrize(
        "error",
        [
            socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"),
            socket.gaierror(socket.EAI_FAIL, "Non-recoverable failure in name resolution"),
            OSError(24, "Too many open files"),
        ],
    )
    def test_a_lookup_that_failed_for_now_is_tried_again(
        self, names: Names, error: Exception
    ) -> None:
        resolver, names.failure = Resolver(names), error
        for _ in range(2):
            assert failure(resolver, "b.com").outcome is Outcome.SILENT
        assert names.asked == ["b.com", "b.com"]

    def test_a_name_that_no_name_can_be_does_not_exist(self, names: Names) -> None:
        """Python's own lookup raises this for labels of more than 63 letters."""
        names.failure = UnicodeError("label empty or too long")
        assert failure(Resolver(names), "b..com").outcome is Outcome.NO_SUCH_HOST


class TestWaiting:
    """A lookup cannot be interrupted, but left alone."""

    def test_who_waits_leaves_at_the_deadline(self, names: Names) -> None:
        started = time.monotonic()
        failed = failure(Resolver(names), "slow.com", wait=0.1)
        assert time.monotonic() - started < 1
        assert failed.outcome is Outcome.SILENT
        assert failed.detail == "no address for slow.com in 0.1 s"

    def test_the_answer_that_came_too_late_serves_the_next(self, names: Names) -> None:
        resolver = Resolver(names)
        failure(resolver, "slow.com", wait=0.01)
        names.slow.set()
        assert resolver.resolve("slow.com", SOON) == ["192.0.2.1", "2001:db8::1"]
        assert names.asked == ["slow.com"]

    def test_lookups_that_nobody_waits_for_any_more_hold_up_no_other(self, names: Names) -> None:
        resolver = Resolver(names)
        for number in range(16):
            failure(resolver, f"slow{number}.com", wait=0.01)
        assert resolver.resolve("a.com", SOON)

    def test_few_that_are_waited_for_run_at_once(self, names: Names) -> None:
        resolver, found = Resolver(names), []
        threads = [
            threading.Thread(target=lambda n=n: found.append(resolver.resolve(f"slow{n}", SOON)))
            for n in range(20)
        ]
        for thread in threads:
            thread.start()
        names.wait_for(8)
        names.slow.set()
        for thread in threads:
            thread.join()
        assert (len(found), len(names.asked), names.most) == (20, 20, 8)

    def test_who_waited_behind_others_is_postponed_and_its_lookup_begins_next(
        self, names: Names
    ) -> None:
        """That an answer did not come is the fault of the names before it."""
        resolver = Resolver(names)
        with eight_slow(resolver, names):
            with pytest.raises(Postponed, match=r"the lookup of a\.com waits for others"):
                resolver.resolve("a.com", wait=0.05)
            names.slow.set()
        assert resolver.resolve("a.com", SOON)
        assert names.asked.count("a.com") == 1

    def test_a_lookup_that_began_late_is_given_its_whole_time(self, names: Names) -> None:
        resolver = Resolver(names)
        with eight_slow(resolver, names, wait=0.3), pytest.raises(Postponed):
            resolver.resolve("slow.com", wait=0.5)
        assert failure(resolver, "slow.com", wait=0.5).outcome is Outcome.SILENT

    def test_slow_lookups_hold_threads_that_have_an_end_and_never_keep_a_process_alive(
        self, names: Names
    ) -> None:
        resolver = Resolver(names)
        for number in range(64):
            failure(resolver, f"slow{number}.com", wait=0.001)
        with pytest.raises(Postponed):
            resolver.resolve("a.com", wait=0.01)
        ours = [thread for thread in threading.enumerate() if thread.name == "resolver"]
        assert all(thread.daemon for thread in ours)
        assert names.most == 64
        names.slow.set()
        assert resolver.resolve("a.com", SOON)

    def test_a_name_that_nobody_waits_for_any_more_is_not_looked_up(self, names: Names) -> None:
        """Or a slow resolver would never come to the names that are wanted now."""
        resolver = Resolver(names)
        with eight_slow(resolver, names):
            with pytest.raises(Postponed):
                resolver.resolve("given-up.com", wait=0.01)
            names.slow.set()
        assert resolver.resolve("a.com", SOON)
        assert sorted(names.asked) == ["a.com", *(f"slow{number}.com" for number in range(8))]

    def test_who_waits_fails_at_once_when_it_is_closed(self, names: Names) -> None:
        resolver, failed = Resolver(names), []
        thread = threading.Thread(target=lambda: failed.append(failure(resolver, "slow.com")))
        thread.start()
        while not names.asked:
            time.sleep(0.01)
        started = time.monotonic()
        resolver.close()
        thread.join()
        assert time.monotonic() - started < 1
        assert (failed[0].outcome, failed[0].detail) == (
            Outcome.REFUSED,
            "the client has been closed",
        )

    def test_nothing_is_looked_up_once_it_is_closed(self, names: Names) -> None:
        resolver = Resolver(names)
        resolver.close()
        resolver.close()
        assert failure(resolver, "a.com").detail == "the client has been closed"
        assert names.asked == []


class TestLiterals:
    """Addresses, which are never looked up."""

    @pytest.mark.parametrize(
        ("host", "address"),
        [
            ("127.0.0.1", "127.0.0.1"),
            ("2130706433", "127.0.0.1"),
            ("0x7f000001", "127.0.0.1"),
            ("0x7f.1", "127.0.0.1"),
            ("0177.0.0.1", "127.0.0.1"),
            ("017700000001", "127.0.0.1"),
            ("127.1", "127.0.0.1"),
            ("0", "0.0.0.0"),  # noqa: S104 - an address to be refused, not to bind to
            ("010.0.0.1", "8.0.0.1"),
            ("::1", "::1"),
            ("0:0:0:0:0:0:0:1", "::1"),
            ("::ffff:7f00:1", "::ffff:127.0.0.1"),
        ],
    )
    def test_an_address_is_read_in_every_spelling_that_the_c_library_reads(
        self, host: str, address: str
    ) -> None:
        """So that the policy sees what would be connected to."""
        assert Resolver(no_lookup).resolve(host, 0) == [address]

    @given(st.ip_addresses())
    def test_an_address_stands_for_itself(self, address: object) -> None:
        (found,) = Resolver(no_lookup).resolve(str(address), 0)
        assert found
