"""Whatever a browser would show: every kind of link, for ours, curl and headless Chromium.

Each client gets a practice web of its own, as new, since some hosts remember. It ends with an error
if Chromium shows a picture that ours has not, or ours has one that is none, without a reason.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Iterable, Mapping, NamedTuple, Sequence

from measure import CHECKOUT, LIBRARY, machine, table

sys.path.insert(0, str(LIBRARY))
sys.path.insert(0, str(CHECKOUT / "tests"))

from browser import CHROMIUM, DRIVER
from ck_imagenet_practice import Link, PracticeWeb
from ck_imagenet_practice.kinds import KINDS, THEMES
from ck_imagenet_practice.world import EVERY_KIND
from clients import CURL, Ours, had_by_curl, had_by_us, shown_by_chromium
from differences import NOT_SHOWN, VISITED, lacking
from terminal import WNID

_SECONDS = 8
_OPTIONS = (f"--timeout={_SECONDS}", "--jobs=64", "--processes=1")
_HANGING = ("silent", "stalled", "too-large")


class Seen(NamedTuple):
    """What each client got of the same links."""

    links: Sequence[Link]
    ours: Ours
    curl: set[str]
    chromium: set[str]

    def wrong(self, link: Link) -> bool:
        """Whether ours keeps something else than the picture that is to be had."""
        kept = self.ours.pictures.get(link.name)
        is_right = "saved" in _truths(link.kind) and kept == link.picture()
        return kept is not None and not is_right


def main() -> None:
    """Print the tables of benchmarks/README.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", action="store_true", help="a row for each kind of link as well")
    options = parser.parse_args()
    if not (CHROMIUM and DRIVER and CURL):
        sys.exit("Chromium or curl is missing: apt-get install chromium chromium-driver curl")
    print(f"{machine()}\n")
    with tempfile.TemporaryDirectory() as name:
        seen = ask(Path(name))
    table(["kinds of links", *_COLUMNS], rows(seen, {**THEMES, "all": KINDS}))
    if options.each:
        print()
        each = {kind: {kind: truth} for kind, truth in KINDS.items()}
        found = [
            [*row, KINDS[row[0]].outcome, KINDS[row[0]].seen.replace("|", "/")]
            for row in rows(seen, each)
        ]
        table(["kind of link", *_COLUMNS, "the truth", "where it was seen"], found)
    refused, more = differences(seen)
    print("\nShown by Chromium and not had by ours:\n")
    table(["why", "kinds"], told(refused))
    print("\nHad by ours and not shown by Chromium:\n")
    table(["why", "kinds"], told(more))
    wrong = [link.kind for link in seen.links if seen.wrong(link)]
    if wrong or "" in refused or "" in more:
        sys.exit(f"without a reason: {refused.get('')} {more.get('')}, wrong: {wrong}")


def ask(folder: Path) -> Seen:
    """Have each client ask all links."""
    places = [folder / name for name in ("ours", "curl", "chromium")]
    for place in places:
        place.mkdir()
    with _web() as web:
        links = sorted(web.links(WNID), key=lambda link: KINDS[link.kind].outcome in _HANGING)
        ours = had_by_us(web, WNID, places[0], *_OPTIONS)
        # Truths about a link are the same in each web; its host's port is not.
        seen = Seen(links, ours, set(), set())
    with _web() as web:
        seen = seen._replace(curl=had_by_curl(web, web.links(WNID), places[1], _SECONDS))
    with _web() as web:
        order = {link.name: place for place, link in enumerate(links)}
        asked = sorted(web.links(WNID), key=lambda link: order[link.name])
        shown = shown_by_chromium(web, asked, places[2], _SECONDS, VISITED)
        return seen._replace(chromium=shown)


_COLUMNS = ("links", "to be had", "ours", "curl", "Chromium")


def rows(seen: Seen, themes: Mapping[str, Iterable[str]]) -> Iterable[list[str]]:
    """Yield how many pictures each client has of the kinds of each theme.

    A number behind a plus counts those that are not to be had, such as placeholders.
    """
    for theme, kinds in themes.items():
        links = [link for link in seen.links if link.kind in kinds]
        right = {link.name for link in links if "saved" in _truths(link.kind)}
        others = {link.name for link in links} - right
        had = [
            f"{len(right & had)} + {len(others & had)}" if others & had else str(len(right & had))
            for had in (seen.ours.had, seen.curl, seen.chromium)
        ]
        yield [theme, str(len(links)), str(len(right)), *had]


def differences(seen: Seen) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Return the kinds that Chromium shows and ours has not, and the other way, by reason."""
    refused: dict[str, set[str]] = defaultdict(set)
    more: dict[str, set[str]] = defaultdict(set)
    for link in seen.links:
        had, shown = link.name in seen.ours.had, link.name in seen.chromium
        if shown and not had:
            refused[lacking(link.kind, seen.ours.outcomes[link.name])].add(link.kind)
        elif had and not shown:
            more[NOT_SHOWN.get(link.kind, "")].add(link.kind)
    return dict(refused), dict(more)


def told(kinds: Mapping[str, set[str]]) -> Iterable[list[str]]:
    """Yield each reason with its kinds."""
    for reason, names in sorted(kinds.items()):
        yield [reason, ", ".join(f"`{name}`" for name in sorted(names))]


def _truths(kind: str) -> set[str]:
    return {KINDS[kind].outcome, KINDS[kind].also}


def _web() -> PracticeWeb:
    return PracticeWeb(mix=EVERY_KIND, wnids=[WNID])


if __name__ == "__main__":
    main()
