"""What tests of hosts do again and again."""

from __future__ import annotations

from typing import Any

from ck_imagenet.core.outcomes import HostSignal
from ck_imagenet.engine.host_queue import HostQueue

LONG = 1000.0
"""Seconds after which no host is suspect or backs off."""


def taken(hosts: HostQueue[str], now: float, moment: float = 0.0) -> list[str]:
    """Take all that may be started now, or within a moment: a start is gentle."""
    tasks: list[str] = []
    end = now + moment
    while True:
        started = hosts.take(now)
        following = hosts.next_time()
        if started:
            tasks.append(started[1])
        elif following is not None and following <= end:
            now = following
        else:
            return tasks


def put(hosts: HostQueue[str], name: str, tasks: str, now: float = 0.0) -> None:
    for task in tasks:
        hosts.put(name, task, now)


def give(hosts: HostQueue[str], name: str, count: int = 1, now: float = 0.0) -> float:
    """Let a host answer so many requests, as soon as they may be made; return the time."""
    for _ in range(count):
        hosts.put(name, "given", now)
        while not hosts.take(now):
            now = hosts.next_time() or now
        hosts.release(name, now, HostSignal.ANSWER, now)
    return now


def refuse(hosts: HostQueue[str], name: str, now: float, wish: float = 0.0) -> None:
    """Let a host refuse one request."""
    hosts.put(name, "refused", now)
    assert taken(hosts, now, 0.05) == ["refused"]
    hosts.release(name, now, HostSignal.BUSY, now, wish)


def known(hosts: HostQueue[str]) -> list[str]:
    return list(vars(hosts)["_hosts"])


def back_offs(hosts: HostQueue[Any], now: float) -> dict[str, float]:
    """Return which hosts are to be left alone, and for how many seconds."""
    until = {name: host.limiter.left_alone_until for name, host in vars(hosts)["_hosts"].items()}
    return {name: time - now for name, time in until.items() if time > now}
