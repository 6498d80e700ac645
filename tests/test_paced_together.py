"""Hosts that ration together are paced together."""

from __future__ import annotations

import pytest
from ck_imagenet.core.outcomes import HostSignal
from ck_imagenet.engine.host import HostProfile
from ck_imagenet.engine.host_queue import HostQueue
from ck_imagenet.engine.limiters import SAME_TIME
from host_helpers import LONG, back_offs, give, put, refuse, taken


def backing_off(hosts: HostQueue[str], now: float) -> set[str]:
    return set(back_offs(hosts, now))


def test_hosts_of_one_service_back_off_together() -> None:
    hosts: HostQueue[str] = HostQueue(
        profile=lambda name: HostProfile("flickr" if name != "other" else "")
    )
    for name in ("farm1", "farm2", "other"):
        hosts.put(name, "a", 0)
    assert len(taken(hosts, 0, 0.5)) == 3
    for name in ("farm1", "farm2", "other"):
        hosts.put(name, "b", 1)
    hosts.release("farm1", 1, HostSignal.BUSY, 0, 10)
    assert taken(hosts, 10.9) == ["b"]  # the other's
    assert backing_off(hosts, 10.9) == {"farm1", "farm2"}
    assert taken(hosts, 11) == ["b"]  # one probe for both


def test_a_host_of_a_service_that_is_met_while_it_backs_off_waits_too() -> None:
    hosts: HostQueue[str] = HostQueue(profile=lambda name: HostProfile("flickr"))
    refuse(hosts, "farm1", 0, 10)
    put(hosts, "farm2", "a", 1)
    assert (taken(hosts, 9.9), taken(hosts, 10)) == ([], ["a"])


def test_hosts_of_one_domain_that_refuse_at_the_same_time_are_one() -> None:
    hosts: HostQueue[str] = HostQueue(domain=lambda name: name.partition(".")[2])
    for name in ("a.x.org", "b.x.org", "c.y.org"):
        put(hosts, name, "1")
    assert len(taken(hosts, 0)) == 3
    hosts.release("a.x.org", 0, HostSignal.BUSY, 0, 5)
    hosts.release("b.x.org", SAME_TIME, HostSignal.BUSY, 0, 50)
    hosts.release("c.y.org", SAME_TIME, HostSignal.BUSY, 0, 20)
    assert backing_off(hosts, SAME_TIME) == {"a.x.org", "b.x.org", "c.y.org"}
    assert back_offs(hosts, SAME_TIME)["a.x.org"] == 50
    assert back_offs(hosts, SAME_TIME)["c.y.org"] == 20


def test_they_stay_two_if_they_refuse_at_different_times() -> None:
    hosts: HostQueue[str] = HostQueue(domain=lambda name: "x.org")
    refuse(hosts, "a", 0, 100)
    refuse(hosts, "b", SAME_TIME + 1, 5)
    assert back_offs(hosts, 50) == {"a": 50}


def test_hosts_without_a_domain_are_alone() -> None:
    hosts: HostQueue[str] = HostQueue(domain=lambda name: "")
    refuse(hosts, "10.0.0.1", 0, 100)
    refuse(hosts, "10.0.0.2", 0, 5)
    assert back_offs(hosts, 50) == {"10.0.0.1": 50}


@pytest.mark.parametrize(("first", "second"), [("old", "new"), ("new", "old")])
def test_a_host_that_leads_to_another_is_one_with_it_if_both_refuse(
    first: str, second: str
) -> None:
    hosts: HostQueue[str] = HostQueue()
    give(hosts, "old")
    hosts.redirects_to("old", "new")
    refuse(hosts, first, 1, 20)
    assert backing_off(hosts, 2) == {first}
    refuse(hosts, second, 3, 5)
    assert back_offs(hosts, 4) == {"old": 17, "new": 17}


def test_a_redirect_alone_is_no_reason() -> None:
    hosts: HostQueue[str] = HostQueue()
    give(hosts, "old")
    hosts.redirects_to("old", "new")
    refuse(hosts, "new", 1, 20)
    put(hosts, "old", "x", 2)
    assert taken(hosts, 2) == ["x"]


def test_those_that_were_joined_share_the_pace_and_the_number_of_given() -> None:
    hosts: HostQueue[str] = HostQueue(domain=lambda name: "x.org")
    for name in "ab":
        give(hosts, name, 4)
        hosts.put(name, name, LONG)
    assert sorted(taken(hosts, LONG)) == ["a", "b"]
    for name in "ab":
        hosts.release(name, LONG, HostSignal.BUSY, LONG, 1)
    assert hosts.given("a") == hosts.given("b") == 8
    for name, task in ("a1", "b2"):
        hosts.put(name, task, LONG)
    assert [each.waiting for each in hosts.rations(LONG)] == [2]
    assert taken(hosts, LONG + 1) == ["1"]  # one probe for both
    hosts.release("a", LONG + 1, HostSignal.ANSWER, LONG + 1)
    assert not hosts.is_backing_off("b")


def test_a_service_that_is_joined_with_a_host_stays_one_for_hosts_to_come() -> None:
    hosts: HostQueue[str] = HostQueue(
        profile=lambda name: HostProfile("flickr" if name.startswith("farm") else ""),
        domain=lambda name: "flickr.com",
    )
    refuse(hosts, "farm1", 0, 5)
    refuse(hosts, "www", 1, 100)
    put(hosts, "farm2", "a", 2)
    assert (taken(hosts, 100.9), taken(hosts, 101)) == ([], ["a"])


def test_what_was_under_way_to_one_does_not_end_the_back_off_that_the_other_asked_for() -> None:
    hosts: HostQueue[str] = HostQueue(domain=lambda name: "x.org")
    refuse(hosts, "a", 0, 30)
    put(hosts, "b", "2", 24)
    assert taken(hosts, 24) == ["2"]
    put(hosts, "b", "3", 24.5)
    assert taken(hosts, 24.5) == ["3"]
    put(hosts, "a", "1", 25)
    put(hosts, "b", "4", 25)
    hosts.release("b", 25, HostSignal.BUSY, 24, 20)
    assert taken(hosts, 30) == ["1"]
    hosts.release("a", 30, HostSignal.BUSY, 30, 1)
    hosts.release("b", 31, HostSignal.ANSWER, 24.5)
    assert taken(hosts, 44.9) == []
    assert taken(hosts, 45) == ["4"]
