"""Limits, and sockets that keep them and go only where they may."""

from __future__ import annotations

import math
import resource
import socket
import sys
import threading
import time
from typing import Iterator

import pytest
from ck_imagenet.core.errors import TooManyFiles
from ck_imagenet.core.outcomes import Failed, Outcome
from ck_imagenet.http.address_policy import PUBLIC_ONLY, AddressPolicy
from ck_imagenet.http.connections import MOST_HEAD, Budget, Connector, Limits, spend
from ck_imagenet.http.resolver import Resolver
from peer import Peer, Talk, full_backlog

LOOPBACK = AddressPolicy.allowing("127.0.0.0/8")
HASTY = Limits(connect=0.2, first_byte=0.2, stall=0.2, whole=0.4)
LEEWAY = 1.0


class TestLimits:
    """How long a step may take."""

    @pytest.mark.parametrize(
        ("whole", "step"), [(60, 30), (20, 10), (10, 5), (8, 5), (5, 5), (2, 2), (0.1, 0.1)]
    )
    def test_a_step_takes_half_of_all_but_no_less_than_it_needs(
        self, whole: float, step: float
    ) -> None:
        assert Limits.within(whole) == Limits(step, step, step, whole)


class TestAFirstAttempt:
    """It is a hasty one where others are answered soon: who hangs is asked again, with all time."""

    @pytest.mark.parametrize(
        ("usual", "step"), [(0.01, 2.5), (0.8, 2.5), (1.0, 3.0), (1.5, 4.5), (1.7, 5), (30, 5)]
    )
    def test_it_takes_half_a_step_but_thrice_the_usual(self, usual: float, step: float) -> None:
        assert Limits.within(10).first_attempt(usual) == Limits(step, step, step, 10)

    def test_it_takes_all_where_nothing_is_known(self) -> None:
        assert Limits.within(10).first_attempt(math.inf) == Limits.within(10)


class TestBudget:
    """The time that one URL has left."""

    def test_time_that_is_spent_is_not_had_again(self) -> None:
        budget = Budget(Limits(whole=10), spent=8)
        assert 8 <= budget.spent < 8 + LEEWAY
        assert 1 < budget.left(5) <= 2
        assert budget.left(0.5) == 0.5
        with pytest.raises(socket.timeout, match="not done within 10 s"):
            Budget(Limits(whole=10), spent=10).left(5)

    def test_the_pace_counts_from_the_first_byte_and_anew_with_every_window(self) -> None:
        budget = Budget(Limits(first_byte=60, stall=1, whole=100))
        assert 59 < budget.until_due() <= 60
        budget.receive(1)
        due = budget.until_due()
        assert 0 < due <= 1
        budget.receive(99)
        assert budget.until_due() < due, "less than 100 bytes a second are no new second"
        time.sleep(0.01)
        budget.receive(1)
        assert budget.until_due() > due - 0.01

    def test_a_peer_that_was_not_read_for_a_while_is_not_late(self) -> None:
        budget = Budget(Limits(first_byte=60, stall=0.1, whole=100))
        budget.receive(1)
        time.sleep(0.11)
        with pytest.raises(Failed, match=r"^stalled"):
            budget.until_due()
        budget.renew()
        assert budget.until_due() > 0

    def test_a_head_has_an_end_and_a_body_has_none(self) -> None:
        budget = Budget(Limits())
        budget.receive(MOST_HEAD)
        with pytest.raises(Failed, match=r"^not-http: headers of more than 262144 bytes$"):
            budget.receive(1)
        budget.expect()
        budget.receive(MOST_HEAD)
        budget.expect_body()
        budget.receive(10**12)


class TestConnecting:
    """`connect`."""

    @pytest.mark.skipif(sys.platform != "linux", reason="other systems take more connections")
    def test_the_addresses_of_a_host_share_the_time_to_connect(
        self, listener: socket.socket
    ) -> None:
        """One that swallows everything leaves time for the next."""
        connector = Connector(Resolver(lambda host: ["127.0.0.2", "127.0.0.1"]), LOOPBACK)
        with full_backlog("127.0.0.2", listener.getsockname()[1]) as port:
            spend(Budget(HASTY))
            started = time.monotonic()
            connector.connect("two.example", port).close()
            assert HASTY.connect / 2 <= time.monotonic() - started < HASTY.connect
        assert connector.reached

    def test_a_host_whose_addresses_are_all_not_public_is_not_asked(self) -> None:
        connector = Connector(Resolver(lambda host: ["10.0.0.1", "127.0.0.1"]), PUBLIC_ONLY)
        spend(Budget(HASTY))
        with pytest.raises(Failed) as failed:
            connector.connect("a.example", 80)
        assert failed.value.outcome is Outcome.PRIVATE_ADDRESS

    def test_a_proxy_may_be_anywhere(self, listener: socket.socket) -> None:
        connector = Connector(Resolver(), PUBLIC_ONLY)
        spend(Budget(HASTY))
        connector.connect_to_proxy(*listener.getsockname()).close()
        assert not connector.reached, "a proxy is not the network"

    def test_what_a_host_does_not_take_is_not_sent_for_ever(self) -> None:
        ended = threading.Event()

        def deaf(_: Talk) -> None:
            ended.wait(5)

        peer = Peer(deaf)
        spend(Budget(HASTY))
        with Connector(Resolver(), LOOPBACK).connect("127.0.0.1", peer.port) as opened:
            started = time.monotonic()
            with pytest.raises(socket.timeout):
                opened.sendall(bytes(20_000_000))
            assert time.monotonic() - started < HASTY.whole + LEEWAY
        ended.set()
        peer.stop()

    def test_a_machine_that_opens_no_more_files_is_no_fault_of_a_host(
        self, listener: socket.socket
    ) -> None:
        connector = Connector(Resolver(), LOOPBACK)
        spend(Budget(HASTY))
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (1, before[1]))
        try:
            with pytest.raises(TooManyFiles, match=r"fewer --jobs, .*`ulimit -n`"):
                connector.connect(*listener.getsockname())
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Listen on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening
