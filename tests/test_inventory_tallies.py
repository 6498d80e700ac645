"""How things stand, counted."""

from __future__ import annotations

from pathlib import Path

from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.core.text import ImageName
from ck_imagenet.storage.inventory import NO_URL, Inventory, by_host, failures, tally, total
from ck_imagenet.storage.numbering import Link
from ck_imagenet.storage.records import Record

WNID = "n01440764"


def record(
    number: int,
    outcome: Outcome = Outcome.SAVED,
    host: str = "a",
    final_url: str = "",
    captured: str = "",
) -> Record:
    return Record(
        ImageName(WNID, number),
        f"http://{host}/{number}" if host else f"{WNID}_{number}",
        outcome,
        f"2020-01-0{number}",
        final_url=final_url,
        captured=captured,
        bytes=100 if outcome is Outcome.SAVED else 0,
    )


def inventory_of(
    saved: list[Record], failed: list[Record], unseen: tuple[Path, ...] = ()
) -> Inventory:
    """Return what is here: besides these, a picture that is missing and a link that waits."""
    known = {each.name.number: each for each in saved}
    pictures = {**{number: Path() for number in known}, **dict(enumerate(unseen, 50))}
    missing, waiting = [record(8, host="b")], [Link(ImageName(WNID, 9), "http://b/9")]
    return Inventory(WNID, pictures, known, failed, missing, waiting)


def test_everything_known_is_here_or_failed_or_waits() -> None:
    inventory = inventory_of(
        [record(1), record(2)], [record(3, Outcome.GONE), record(4, Outcome.SILENT)]
    )
    found = tally(inventory)
    assert (found.name, found.here, found.waiting, found.known) == (WNID, 2, 2, 6)
    assert found.failed == {Outcome.GONE: 1, Outcome.SILENT: 1}
    assert (found.bytes, found.latest) == (200, "2020-01-04")
    assert list(failures([inventory])) == inventory.failed


def test_a_picture_that_no_run_has_seen_is_here(tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(b"12345")
    inventory = inventory_of([], [], (tmp_path / "picture", tmp_path / "just removed"))
    found = tally(inventory)
    assert (found.here, found.bytes, found.latest, found.rot) == (1, 5, "", None)


def test_what_is_here_from_the_wayback_machine_is_a_rotten_link_all_the_same() -> None:
    asked = record(1, final_url="http://a/1")
    revived = record(2, final_url="http://w/2", captured="2010")
    found = tally(inventory_of([asked, revived], []))
    assert (found.asked, found.rot) == (2, 0.5)


def test_a_link_that_has_not_been_asked_or_gave_its_picture_is_not_rotten() -> None:
    from_tar = record(1)
    alive = [
        record(2, Outcome.DUPLICATE),
        record(3, Outcome.REJECTED),
        record(4, Outcome.OPTED_OUT),
    ]
    unasked = record(5, Outcome.PRIVATE_ADDRESS)
    found = tally(inventory_of([from_tar], [*alive, unasked, record(6, Outcome.GONE)]))
    assert (found.asked, found.rotten) == (4, 1)


def test_a_link_whose_picture_has_been_removed_is_asked_and_not_rotten() -> None:
    inventory = inventory_of([], [record(1, Outcome.GONE)])
    inventory.missing[:] = [record(2, final_url="http://a/2")]
    inventory.withdrawn[:] = [record(9, final_url="http://b/9"), record(4)]
    found = tally(inventory)
    assert (found.here, found.waiting, found.asked, found.rotten) == (0, 2, 3, 1)


def test_a_link_that_was_asked_before_its_picture_came_from_a_tar_is_asked_all_the_same() -> None:
    inventory = inventory_of([record(1), record(2), record(3)], [])
    inventory.answers[:] = [record(1, Outcome.GONE), record(2, final_url="http://a/2")]
    found = tally(inventory)
    assert (found.here, found.failed, found.asked, found.rot) == (3, {}, 2, 0.5)


def test_hosts_come_with_most_links_first_and_those_without_a_url_together() -> None:
    inventory = inventory_of([record(1, host=""), record(2)], [record(3, Outcome.GONE)])
    hosts = by_host([inventory, inventory])
    assert [(each.name, each.known) for each in hosts] == [("a:80", 4), ("b:80", 4), (NO_URL, 2)]
    assert total(hosts).known == 10


def test_what_came_from_a_tar_and_has_been_removed_makes_no_host() -> None:
    inventory = Inventory(WNID, {}, {}, [record(1, Outcome.GONE)], [], [], [record(2, host="")])
    assert [each.name for each in by_host([inventory])] == ["a:80"]


def test_of_an_empty_synset_nothing_is_known() -> None:
    assert tally(Inventory(WNID, {}, {}, [], [], [])).known == 0
