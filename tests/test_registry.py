"""The local archive among the places that may have a list."""

from __future__ import annotations

import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from ck_imagenet.catalogue import synsets
from ck_imagenet.core.errors import NoList
from ck_imagenet.core.text import ImageName
from ck_imagenet.core.url_lists import Line
from ck_imagenet.http.client import Network
from ck_imagenet.http.retry import Spacing
from ck_imagenet.sources.lists import SynsetList
from ck_imagenet.sources.registry import Lists, Row, Sources
from ck_imagenet.sources.url_archive import ArchiveSource
from ck_imagenet.storage.folder_store import FolderStore
from ck_imagenet_practice import PracticeWeb
from ck_imagenet_practice.archive import Patience

WNID, DALMATIAN = "n01440764", "n02110341"
LINES = [Line(0, ImageName(WNID, 9981), "http://a.example/b.jpg")]


class Tench:
    """An archive that has the lines of one synset."""

    source = "http://a.example/all.tgz"

    def lines(self, wnid: str) -> list[Line]:
        return LINES if wnid == WNID else []

    def counts(self) -> dict[str, int]:
        return {WNID: len(LINES)}


def looking(
    folder: Path, web: PracticeWeb, spacing: Spacing | None = None, **options: Any
) -> Sources:
    places: dict[str, Any] = {"service": web.service, "wayback_service": web.wayback, **options}
    network = Network(allow_private=places.pop("allow_private", ""))
    store, archive = FolderStore(folder), ArchiveSource(Tench)
    return Sources(Lists(**places), network, store, archive, spacing=spacing)


@pytest.mark.parametrize("options", [{}, {"source": "archive"}, {"refresh": True}])
def test_what_is_in_the_archive_is_asked_of_nobody_else_and_not_kept(
    tmp_path: Path, web: PracticeWeb, options: dict[str, Any]
) -> None:
    with closing(looking(tmp_path, web, **options)) as sources:
        assert list(sources.lists([WNID])) == [SynsetList(WNID, Tench.source, LINES)]
    assert len(web.requests) == 0


def test_what_is_not_in_the_archive_is_asked_of_the_next_place(
    tmp_path: Path, web: PracticeWeb
) -> None:
    with closing(looking(tmp_path, web)) as sources:
        (found,) = sources.lists([DALMATIAN])
    assert (found.obtained_by, len(found.lines)) == ("imagenet", 30)


def test_who_has_the_archive_needs_a_list_of_their_own(tmp_path: Path) -> None:
    with PracticeWeb(alive=[]) as web, closing(looking(tmp_path, web)) as sources, pytest.raises(
        NoList
    ) as refused:
        list(sources.lists([DALMATIAN]))
    said = str(refused.value)
    assert "\n  archive: it has no URL of this synset\n" in said
    assert said.endswith(
        f"\nIf you have one, give it: ck-imagenet download --wnid={DALMATIAN} --urls=FILE"
    )


def test_the_archive_is_shown_first(tmp_path: Path, web: PracticeWeb) -> None:
    with closing(looking(tmp_path, web)) as sources:
        assert next(sources.survey([])) == Row("archive", "on this machine", "nothing")


def test_many_synsets_without_a_list_are_one_line_and_what_was_said_of_the_first(
    tmp_path: Path,
) -> None:
    wnids = [synset.wnid for synset in synsets.load().synsets[:30]]
    with PracticeWeb(alive=[]) as web, closing(looking(tmp_path, web)) as sources, pytest.raises(
        NoList
    ) as refused:
        list(sources.lists(wnids))
    said = str(refused.value)
    head, of_first, *places, advice = said.splitlines()
    assert head == f"no list of URLs for 30 synsets: {', '.join(wnids[:5])}, …"
    assert of_first == f"of {wnids[0]}, the places said:"
    assert [line.split(":")[0] for line in places] == ["  archive", "  imagenet", "  wayback"]
    assert advice == "If you have one, give it: ck-imagenet download --wnid=W,W --urls=FILE"
    assert refused.value.tars_help


class TestGate:
    """All requests of a process to the Wayback Machine go through one spacing."""

    def test_its_lists_are_asked_for_with_time_between_redirects_too(self, tmp_path: Path) -> None:
        with PracticeWeb(alive=[], captured=["newer-urls"]) as web:
            with closing(looking(tmp_path, web, source="wayback")) as sources:
                assert list(sources.lists([DALMATIAN]))
            asked = [each.when for each in web.requests.all()]
        assert len(asked) >= 4
        assert min(later - earlier for earlier, later in zip(asked, asked[1:])) > 0.05

    def test_its_wish_to_rest_is_one_that_others_hear_of(self, tmp_path: Path) -> None:
        spacing = Spacing()
        with PracticeWeb(alive=[]) as web, closing(looking(tmp_path, web, spacing)) as sources:
            web.archive.be_patient(Patience(requests=0, rest=200))
            with pytest.raises(NoList, match="429, come back in 200 s"):
                list(sources.lists([DALMATIAN]))
        assert 190 < spacing.paused_for() <= 200

    def test_what_others_heard_of_is_heeded_without_a_request(self, tmp_path: Path) -> None:
        spacing = Spacing()
        spacing.pause(time.monotonic() + 3600)
        with PracticeWeb(alive=[]) as web, ExitStack() as ending:
            sources = looking(tmp_path, web, spacing, source="wayback")
            ending.callback(sources.close)
            with pytest.raises(NoList, match="busy: come back in 3600 s"):
                list(sources.lists([DALMATIAN]))
            assert len(web.requests) == 0
