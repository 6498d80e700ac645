"""The Wayback Machine: how long a thousand links take that are gone, and how often it is asked."""

from __future__ import annotations

import argparse
import sys
import tempfile
from bisect import bisect_left
from pathlib import Path
from typing import NamedTuple, Sequence

from measure import LIBRARY, machine, table
from ours import WNID, Ours

sys.path.insert(0, str(LIBRARY))

from ck_imagenet_practice import PracticeWeb, pictures
from ck_imagenet_practice.archive import HARD_LIMIT

LATENCY = 0.05
"""Seconds that each of its answers takes."""

LONGEST = 900.0
"""Seconds after which the command is stopped."""


class Links(NamedTuple):
    """How many links there are, and what of them the archive has."""

    number: int
    busy_then: int = 0
    """Of each hundred, those whose capture is a 429 or 503."""
    failing: int = 0
    """Of each hundred, those for which the archive itself fails once."""


CASES = (Links(1000), Links(200, busy_then=20), Links(200, failing=20))


def main() -> None:
    """Print the table of benchmarks/README.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--last", type=int, default=len(CASES), help="so many of the table")
    print(f"{machine()}\n")
    titles = [
        "links that are gone",
        "pictures",
        "time",
        "requests",
        "most in a second",
        "most in a minute",
        "heedless",
    ]
    table(titles, map(measure, CASES[-parser.parse_args().last :]))


def measure(case: Links) -> list[str]:
    """Download from a practice web, and return a row of the table."""
    with tempfile.TemporaryDirectory() as place, PracticeWeb(mix={}, wnids=[]) as web:
        web.archive.latency = LATENCY
        web.archive.be_patient(HARD_LIMIT)
        urls = [web.url(number % 8, f"/gone/{number}.jpg") for number in range(case.number)]
        for number, url in enumerate(urls):
            if number % 100 < case.busy_then:
                web.archive.keep(url, b"not now", status=429 if number % 2 else 503)
            else:
                fails = number % 100 < case.failing
                web.archive.keep(url, pictures.picture(f"/{number}.jpg"), errors=int(fails))
        options = ("--wayback", f"--wayback-service={web.wayback}")
        cost = Ours("ck", options, into_entries=False).run(urls, Path(place), 32, LONGEST)
        got = len(list((Path(place) / "got" / WNID).glob("*.jpg")))
        asked = [each.when for each in web.requests.all() if f"http://{each.host}" == web.wayback]
        heedless = web.archive.heedless
    told = f"{case.number:,}"
    told += f", of {case.busy_then}% a 429 or 503 was captured" * bool(case.busy_then)
    told += f"; the archive fails once at {case.failing}%" * bool(case.failing)
    most = (str(_most(asked, seconds)) for seconds in (1.0, 60.0))
    return [told, str(got), f"{cost.wall:.0f} s", f"{len(asked):,}", *most, str(heedless)]


def _most(times: Sequence[float], seconds: float) -> int:
    """Return how many of these times, in order, are within so many seconds at most."""
    return max(place + 1 - bisect_left(times, when - seconds) for place, when in enumerate(times))


if __name__ == "__main__":
    main()
