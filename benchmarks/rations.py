"""Hosts that ration: what `ck download` gets of them, beside what they give at best."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple, Sequence

from measure import LIBRARY, machine, table
from ours import Ours
from practice import Played
from trial import Attempt, attempt, checksum

sys.path.insert(0, str(LIBRARY))

from ck_imagenet_practice import PracticeWeb, pictures
from ck_imagenet_practice.rations import Tally, at_best

JOBS = 64
FARMS = ("farm1.practice.example", "farm2.practice.example")
RESOLVED = (f"--resolve={FARMS[0]}:127.0.0.2,{FARMS[1]}:127.0.0.3",)
"""Where a practice web has its first two hosts."""

SHARED = "farms"


class Case(NamedTuple):
    """A host that rations, how it is reached, and how many pictures it has."""

    gives: str
    words: str
    """Of `ck_imagenet_practice.rations`."""
    links: int = 120
    by_name: bool = False
    """Whether two names of one domain share the ration, instead of redirecting to one host."""

    @property
    def at_best(self) -> float:
        """The least seconds for all pictures."""
        return at_best(self.words.split("/")[0], self.links)

    @property
    def longest(self) -> float:
        """Seconds after which the command is stopped."""
        return 5 * self.at_best + 60


_TWO_A_SECOND = "2 a second, 20 at once"
_THREE_A_SECOND = "3 a second, 20 at once; five refusals in ten seconds bring"

CASES: Sequence[Case] = (
    Case(_TWO_A_SECOND, "bucket-2-20"),
    Case("40 in each 20 seconds", "window-40-20"),
    Case(f"{_THREE_A_SECOND} 403 for 15 s", "bucket-3-20/ban-5-10-15-403", 90),
    Case(f"{_TWO_A_SECOND}; says when", "bucket-2-20/after"),
    Case(f"{_TWO_A_SECOND}; two names of one domain", f"bucket-2-20/by-{SHARED}", by_name=True),
    Case("15 a second, 15 at once", "bucket-15-15", 600),
    Case("1 in two seconds", "bucket-0.5-1", 25),
    Case("40 in each 20 seconds; says the date", "window-40-20/date"),
    Case("40 in each 20 seconds; says at once", "window-40-20/after-0"),
    Case("40 in each 20 seconds by the clock; 503", "clock-40-20/says-503"),
    Case("40 in any 20 seconds; 420", "sliding-40-20/says-420"),
    Case("40 in any 20 seconds, what it refuses counted", "sliding-40-20/all"),
    Case("0.4 s between two requests", "gap-0.4"),
    Case("60 in each 60 seconds", "window-60-60"),
    Case("60 in each 60 seconds; says when", "window-60-60/after"),
    Case(f"{_THREE_A_SECOND} 404 for 15 s", "bucket-3-20/ban-5-10-15-404", 90),
    Case(f"{_THREE_A_SECOND} resets for 15 s", "bucket-3-20/ban-5-10-15-reset", 90),
    Case(f"{_THREE_A_SECOND} silence for 15 s", "bucket-3-20/ban-5-10-15-silence", 90),
    Case(f"{_THREE_A_SECOND} a page for 15 s", "bucket-3-20/ban-5-10-15-page", 90),
    Case(f"{_THREE_A_SECOND} 429 until 15 s of peace", "bucket-3-20/ban-5-10-15-429-longer", 90),
)
"""The first three are those that a downloader without a pace was measured with."""


class Rationed(Played[Tally]):
    """A web of one host that rations, and of two that lead there; or of two names for it."""

    def __init__(self, case: Case) -> None:
        self._case = case
        paths = [f"/good/{number}.jpg" for number in range(case.links)]
        self.truth = {checksum(pictures.picture(path)) for path in paths}

    def web(self) -> PracticeWeb:
        """Return a web with three hosts."""
        return PracticeWeb(hosts=3, mix={}, wnids=[])

    def urls(self, web: PracticeWeb) -> list[str]:
        """Return the address of each picture at one of two hosts."""
        return [
            f"{self._host(web, number)}/rationed/{self._case.words}/good/{number}.jpg"
            for number in range(self._case.links)
        ]

    def tell(self, web: PracticeWeb) -> Tally:
        """Tell what was given and refused."""
        return web.rations.tally(SHARED if self._case.by_name else web.hosts[2])

    def _host(self, web: PracticeWeb, number: int) -> str:
        host = web.hosts[number % 2]
        if self._case.by_name:
            return f"http://{FARMS[number % 2]}:{host.partition(':')[2]}"
        return f"http://{host}/across/{web.hosts[2]}"


class Run(NamedTuple):
    """One run: what the command did, and what the host saw."""

    attempt: Attempt
    tally: Tally
    obtained: int


def main() -> None:
    """Print the table of benchmarks/README.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="hosts that give this, or ration in these words")
    parser.add_argument("--first", type=int, default=len(CASES), help="so many of the table")
    options = parser.parse_args()
    print(f"{machine()}\n")
    cases = [
        case for case in CASES[: options.first] if options.only in f"{case.gives} {case.words}"
    ]
    titles = [
        "the host gives",
        "at best",
        "pictures obtained",
        "wrong",
        "time",
        "refused of 100 requests",
        "in the second half",
        "share of at best",
    ]
    with tempfile.TemporaryDirectory() as place:
        table(titles, (_row(case, measure(case, Path(place))) for case in cases))


def measure(case: Case, place: Path) -> Run:
    """Download all pictures of a host as new, into a CK_REPOS of its own."""
    world = Rationed(case)
    with world as urls:
        tool = Ours("ck download", RESOLVED if case.by_name else ())
        done = attempt(tool, urls, JOBS, place, case.longest)
    return Run(done, world.told, len(world.truth & done.kept.keys()))


def _row(case: Case, run: Run) -> Sequence[str]:
    best, took, more = case.at_best, run.attempt.cost.wall, "" if run.attempt.cost.ended else "> "
    half = run.tally.given[len(run.tally.given) // 2] if run.tally.given else 0.0
    # Who has all is as good as it is quick; who has less is no better for being so quick.
    share = min(run.obtained / case.links, best / took)
    return [
        case.gives,
        f"{case.links} in {best:.0f} s",
        f"{run.obtained} of {case.links}",
        f"{run.attempt.pictures - run.obtained}",
        f"{more}{took:.0f} s",
        f"{run.tally.refusals_per_hundred():.0f}",
        f"{run.tally.refusals_per_hundred(since=half):.0f}",
        f"{100 * share:.0f}%",
    ]


if __name__ == "__main__":
    main()
