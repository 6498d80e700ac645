"""What becomes of the results of a run: saved once, told once, or held back."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from ck_imagenet.core.errors import NetworkDown
from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.core.text import ImageName
from ck_imagenet.engine.link import Task
from ck_imagenet.engine.recorder import Router, SynsetRecorder, Verdict
from ck_imagenet.storage.deduplication import Duplicates
from ck_imagenet.storage.folder_store import FolderStore
from ck_imagenet.storage.journal import Journal
from ck_imagenet.storage.numbering import Link
from ck_imagenet.storage.records import Record

WNID, OTHER = "n01440764", "n01443537"
TIME = "2026-01-01T00:00:00Z"


def url(number: int) -> str:
    return f"http://host.example/{number}.jpg"


def picture(number: int, data: str = "", wnid: str = WNID) -> Record:
    """Return the record of a picture with bytes of its own, or with others' bytes."""
    sha256 = (data or f"{number:x}").rjust(64, "0")
    return Record(ImageName(wnid, number), url(number), Outcome.SAVED, TIME, sha256=sha256)


def failed(number: int, outcome: Outcome = Outcome.SILENT, detail: str = "5 s") -> Record:
    return Record(ImageName(WNID, number), url(number), outcome, TIME, detail)


def task(number: int, wnid: str = WNID) -> Task:
    return Task(Link(ImageName(wnid, number), url(number)), "a list")


class World:
    """A synset in a folder, and what its recorders have reported."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._journals: list[Journal] = []
        self.reported: list[Record] = []

    def recorder(
        self,
        *before: Record,
        most: int | None = None,
        reached: bool = True,
        wnid: str = WNID,
        duplicates: Duplicates | None = None,
    ) -> SynsetRecorder:
        """Return a recorder; pictures told before are here."""
        self.place = FolderStore(self._folder).synset(wnid)
        self.place.create()
        self.journal = Journal.of(self.place)
        self._journals.append(self.journal)
        for record in before:
            self.journal.append(record)
            if record.is_kept:
                self.save(record)
        shared = Duplicates() if duplicates is None else duplicates
        shared.add(self.journal.records.values())
        return SynsetRecorder(
            self.place,
            self.journal,
            shared,
            here=len(self.place.pictures()),
            most=most,
            reached=reached,
            report=self.reported.append,
        )

    def save(self, record: Record) -> None:
        self.place.save(record, b"a picture", "jpg")

    def pass_on(self, recorder: SynsetRecorder, record: Record) -> Verdict:
        """Reserve, save and record as a worker of this process does."""
        verdict = recorder.reserve(record)
        if verdict is Verdict.KEEP:
            self.save(record)
            recorder.record(record)
        return verdict

    def told(self) -> dict[int, str]:
        """Return what the journal on disk tells of each number."""
        records = Journal.of(self.place).records.values()
        return {record.name.number: record.outcome.word for record in records}

    def here(self) -> list[int]:
        return sorted(self.place.pictures())

    def close(self) -> None:
        for journal in self._journals:
            journal.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


class TestReserve:
    """A picture is reserved, then saved, then recorded."""

    def test_a_new_picture_is_kept_told_and_counted_once(self, world: World) -> None:
        recorder = world.recorder()
        assert world.pass_on(recorder, picture(1)) is Verdict.KEEP
        assert (recorder.here, world.told(), world.here()) == (1, {1: "saved"}, [1])
        assert world.reported == [picture(1)]

    def test_nothing_is_told_of_a_picture_before_it_is_saved(self, world: World) -> None:
        recorder = world.recorder()
        recorder.reserve(picture(1))
        assert (recorder.here, world.told(), world.reported) == (0, {}, [])

    def test_the_same_bytes_by_another_url_are_a_duplicate_of_the_first(self, world: World) -> None:
        recorder = world.recorder()
        world.pass_on(recorder, picture(1, "a"))
        assert world.pass_on(recorder, picture(2, "a")) is Verdict.SETTLED
        assert (world.told(), world.here()) == ({1: "saved", 2: "duplicate"}, [1])
        assert (recorder.here, world.reported[1].detail) == (1, f"of {url(1)}")

    def test_bytes_that_are_being_saved_are_not_saved_beside_that(self, world: World) -> None:
        recorder = world.recorder()
        recorder.reserve(picture(1, "a"))
        assert recorder.reserve(picture(2, "a")) is Verdict.SETTLED

    def test_a_picture_that_comes_again_by_its_own_url_is_saved_again(self, world: World) -> None:
        recorder = world.recorder(picture(1))
        assert recorder.reserve(picture(1)) is Verdict.KEEP

    def test_what_the_user_has_rejected_stays_out_whatever_its_url(self, world: World) -> None:
        recorder = world.recorder(picture(1, "a")._replace(outcome=Outcome.REJECTED))
        assert world.pass_on(recorder, picture(2, "a")) is Verdict.SETTLED
        assert (world.told(), world.here()) == ({1: "rejected", 2: "rejected"}, [])
        assert world.reported[0].detail == "you have rejected a picture with the same bytes"

    def test_bytes_under_three_names_are_a_placeholder_and_what_is_here_goes(
        self, world: World
    ) -> None:
        recorder = world.recorder(picture(9))
        verdicts = [world.pass_on(recorder, picture(number, "a")) for number in (1, 2, 3)]
        assert verdicts == [Verdict.KEEP, Verdict.SETTLED, Verdict.SETTLED]
        placeholders = dict.fromkeys((1, 2, 3), "placeholder")
        assert (world.told(), world.here()) == ({9: "saved", **placeholders}, [9])
        assert recorder.here == 1
        assert {record.detail for record in world.reported[2:]} == {
            "the same bytes came under several names"
        }

    def test_a_placeholder_that_is_found_while_it_is_saved_goes_afterwards(
        self, world: World
    ) -> None:
        recorder = world.recorder()
        first = picture(1, "a")
        recorder.reserve(first)
        recorder.reserve(picture(2, "a"))
        recorder.reserve(picture(3, "a"))
        assert world.told() == {2: "placeholder", 3: "placeholder"}
        world.save(first)
        recorder.record(first)
        assert (world.told()[1], world.here(), recorder.here) == ("placeholder", [], 0)

    def test_a_placeholder_leaves_alone_what_another_synset_has_of_it(self, world: World) -> None:
        shared = Duplicates()
        other = world.recorder(wnid=OTHER, duplicates=shared)
        world.pass_on(other, picture(1, "a", OTHER))
        place = world.place
        recorder = world.recorder(duplicates=shared)
        for number in (2, 3):
            world.pass_on(recorder, picture(number, "a"))
        assert (world.here(), sorted(place.pictures())) == ([], [1])
        assert shared.exposed() == {OTHER}
        assert {record.name.wnid for record in world.reported[2:]} == {WNID}

    def test_a_url_that_has_come_twice_is_told_of_a_placeholder_once(self, world: World) -> None:
        recorder = world.recorder(picture(1, "a"))
        world.pass_on(recorder, picture(1, "a"))
        world.reported.clear()
        for number in (2, 3):
            world.pass_on(recorder, picture(number, "a"))
        assert [record.name.number for record in world.reported] == [2, 3, 1, 2]

    def test_what_was_forgotten_of_a_placeholder_is_not_told_again(self, world: World) -> None:
        recorder = world.recorder(picture(1, "a"))
        world.journal.forget([picture(1, "a")])
        for number in (2, 3):
            world.pass_on(recorder, picture(number, "a"))
        assert world.told().keys() == {2, 3}


class TestEnough:
    """No more pictures than are wanted."""

    def test_without_a_limit_nothing_is_missing(self, world: World) -> None:
        recorder = world.recorder(picture(1))
        assert recorder.missing() is None

    @pytest.mark.parametrize(("most", "missing"), [(0, 0), (1, 0), (2, 0), (3, 1), (5, 3)])
    def test_as_many_are_missing_as_are_not_here(
        self, world: World, most: int, missing: int
    ) -> None:
        recorder = world.recorder(picture(1), picture(2), most=most)
        assert recorder.missing() == missing

    def test_those_that_are_being_saved_count(self, world: World) -> None:
        recorder = world.recorder(picture(1), most=3)
        verdicts = [recorder.reserve(picture(number)) for number in (2, 3, 4)]
        assert verdicts == [Verdict.KEEP, Verdict.KEEP, Verdict.ENOUGH]
        recorder.record(picture(2))
        assert recorder.reserve(picture(4)) is Verdict.ENOUGH
        assert world.told() == {1: "saved", 2: "saved"}

    def test_links_that_are_left_are_counted_by_host(self, world: World) -> None:
        recorder = world.recorder()
        for _ in range(2):
            recorder.leave("host.example:80")
        assert recorder.left == {"host.example:80": 2}


class TestUnreserved:
    """Pictures that a worker elsewhere has saved unreserved."""

    def test_a_new_one_is_counted(self, world: World) -> None:
        recorder = world.recorder()
        world.save(picture(1))
        recorder.record(picture(1))
        assert (recorder.here, world.told(), world.here()) == (1, {1: "saved"}, [1])

    def test_one_that_has_come_before_is_removed_again(self, world: World) -> None:
        recorder = world.recorder(picture(1, "a"))
        world.save(picture(2, "a"))
        recorder.record(picture(2, "a"))
        assert (recorder.here, world.here()) == (1, [1])
        assert world.told() == {1: "saved", 2: "duplicate"}

    def test_one_too_many_is_removed_again_and_its_link_is_not_settled(self, world: World) -> None:
        recorder = world.recorder(picture(1), most=1)
        world.save(picture(2))
        assert not recorder.record(picture(2))
        assert (recorder.here, world.told(), world.here()) == (1, {1: "saved"}, [1])

    def test_one_too_many_stays_if_the_journal_keeps_its_number(self, world: World) -> None:
        recorder = world.recorder(picture(1), most=1)
        recorder.record(picture(1, "a"))
        assert world.here() == [1]


class TestNetwork:
    """Failures are held back until it is sure that there is a network."""

    def test_with_a_network_a_failure_is_told_at_once(self, world: World) -> None:
        world.recorder().record(failed(1))
        assert (world.told(), world.reported) == ({1: "silent"}, [failed(1)])

    def test_without_one_nothing_is_told_and_the_first_is_named(self, world: World) -> None:
        recorder = world.recorder(reached=False)
        recorder.record(failed(1, Outcome.HOST_DOWN, "given up"))
        recorder.record(failed(2, Outcome.SILENT, "5 s"))
        with pytest.raises(NetworkDown, match=f"for any of 2 URLs: .*first: {url(2)}, 5 s"):
            recorder.close()
        assert (world.told(), world.reported) == ({}, [])

    def test_once_a_host_was_reached_all_is_told(self, world: World) -> None:
        recorder = world.recorder(reached=False)
        recorder.record(failed(1))
        assert world.told() == {}
        recorder.reach()
        recorder.record(failed(2))
        recorder.reach()
        recorder.close()
        assert (world.told(), len(world.reported)) == ({1: "silent", 2: "silent"}, 2)

    def test_what_answered_nothing_before_either_is_no_news(self, world: World) -> None:
        recorder = world.recorder(failed(1), reached=False)
        recorder.record(failed(1)._replace(detail="6 s"))
        recorder.close()
        assert world.journal.records[url(1)].detail == "6 s"

    @pytest.mark.parametrize("before", [picture(1), failed(1, Outcome.GONE), failed(2)])
    def test_what_answered_before_or_was_never_asked_is(self, world: World, before: Record) -> None:
        recorder = world.recorder(before, reached=False)
        recorder.record(failed(1))
        with pytest.raises(NetworkDown):
            recorder.close()

    def test_what_can_be_told_without_a_network_is_no_sign_that_it_is_down(
        self, world: World
    ) -> None:
        recorder = world.recorder(reached=False)
        recorder.record(failed(1, Outcome.BAD_URL))
        recorder.close()
        assert world.told() == {1: "bad-url"}


class TestFailed:
    """A failure of a link that has given a picture before."""

    def test_a_picture_that_is_gone_for_good_leaves_its_number(self, world: World) -> None:
        recorder = world.recorder(picture(1))
        recorder.record(failed(1, Outcome.GONE))
        assert (world.told(), world.here()) == ({1: "gone"}, [])

    def test_a_failure_that_may_pass_leaves_the_file_alone(self, world: World) -> None:
        recorder = world.recorder(picture(1))
        recorder.record(failed(1, Outcome.SILENT))
        assert world.here() == [1]

    def test_a_failure_after_a_failure_leaves_a_users_file_alone(self, world: World) -> None:
        recorder = world.recorder(failed(1))
        world.save(picture(1))
        recorder.record(failed(1, Outcome.GONE))
        assert world.here() == [1]

    def test_another_record_of_the_same_number_keeps_the_file(self, world: World) -> None:
        twin = picture(1)._replace(url=url(2))
        recorder = world.recorder(picture(1, "a"), twin._replace(sha256="b" * 64))
        recorder.record(failed(1, Outcome.GONE))
        assert world.here() == [1]
        recorder.record(failed(1, Outcome.GONE)._replace(url=url(2)))
        assert world.here() == []


class TestPurge:
    """What a killed run may have left."""

    def test_pictures_that_are_not_the_same_stay(self, world: World) -> None:
        recorder = world.recorder(picture(1), picture(2), failed(3))
        recorder.purge()
        assert (world.here(), recorder.here, world.reported) == ([1, 2], 2, [])

    def test_the_second_of_two_that_are_the_same_goes(self, world: World) -> None:
        recorder = world.recorder(picture(1, "a"), picture(2, "a"), picture(3))
        recorder.purge()
        assert (world.here(), recorder.here) == ([1, 3], 2)
        assert world.told() == {1: "saved", 2: "duplicate", 3: "saved"}
        assert world.reported[0].detail == f"of {url(1)}"
        recorder.purge()
        assert len(world.reported) == 1

    def test_a_duplicate_counts_as_a_name_of_a_placeholder_still(self, world: World) -> None:
        recorder = world.recorder(picture(1, "a"), picture(2, "a"))
        recorder.purge()
        assert world.pass_on(recorder, picture(3, "a")) is Verdict.SETTLED
        assert world.told() == dict.fromkeys((1, 2, 3), "placeholder")

    def test_a_users_own_picture_without_a_url_stays(self, world: World) -> None:
        own = picture(2, "a")._replace(url=f"{WNID}_2")
        recorder = world.recorder(picture(1, "a"), own)
        recorder.purge()
        assert (world.here(), world.reported) == ([1, 2], [])

    def test_pictures_of_which_no_checksum_is_known_are_not_the_same(self, world: World) -> None:
        unknown = [picture(number)._replace(sha256="") for number in (1, 2)]
        recorder = world.recorder(*unknown)
        recorder.purge()
        assert (world.here(), world.reported) == ([1, 2], [])

    def test_failures_that_came_with_bytes_are_left_as_they_are(self, world: World) -> None:
        small = [picture(number, "a")._replace(outcome=Outcome.TOO_SMALL) for number in (1, 2)]
        recorder = world.recorder(*small)
        recorder.purge()
        assert world.reported == []

    def test_a_placeholder_goes(self, world: World) -> None:
        recorder = world.recorder(*(picture(number, "a") for number in (1, 2, 3)), picture(4))
        recorder.purge()
        assert (world.here(), recorder.here) == ([4], 1)
        assert world.told() == {**dict.fromkeys((1, 2, 3), "placeholder"), 4: "saved"}


@pytest.fixture
def router(world: World) -> Router:
    """A router with one synset of two links."""
    made = Router()
    made.open(WNID, world.recorder(most=3), [task(1), task(2)])
    return made


class TestRouter:
    """What is told goes to its synset, and a synset ends when nothing is to come."""

    def test_a_synset_without_links_has_ended_at_once(self, world: World) -> None:
        router = Router()
        router.open(WNID, world.recorder(), [])
        assert (list(router.ended), len(router), router.links) == ([WNID], 1, 0)

    def test_one_that_has_enough_is_ended_by_whoever_counts(
        self, world: World, router: Router
    ) -> None:
        for _ in range(2):
            router.end(WNID)
        assert (router.links, list(router.ended)) == (0, [WNID])

    def test_what_a_lost_worker_may_have_saved_and_not_told_is_removed(
        self, world: World, router: Router
    ) -> None:
        for number in (1, 2):
            world.save(picture(number))
        router.record(picture(1))
        router.discard(ImageName(wnid, number) for wnid in (WNID, OTHER) for number in (1, 2, 7))
        assert (world.told(), world.here()) == ({1: "saved"}, [1])

    def test_it_has_ended_when_something_has_come_of_each_link(
        self, world: World, router: Router
    ) -> None:
        assert (router.links, list(router.ended)) == (2, [])
        assert router.reserve(picture(1)) is Verdict.KEEP
        assert router.links == 2
        router.record(picture(1))
        assert (router.links, list(router.ended)) == (1, [])
        router.record(failed(2))
        assert (router.links, list(router.ended)) == (0, [WNID])
        assert world.told() == {1: "saved", 2: "silent"}

    @pytest.mark.parametrize(
        "tell",
        [
            lambda router: router.record(failed(2)),
            lambda router: router.record(picture(2)),
            lambda router: router.leave(ImageName(WNID, 2), "host.example:80"),
            lambda router: router.reserve(picture(2, "1")),
        ],
    )
    def test_whatever_comes_of_a_link_settles_it(
        self, router: Router, tell: Callable[[Router], Any]
    ) -> None:
        router.reserve(picture(1))
        if router.reserve(picture(2)) is Verdict.KEEP:
            tell(router)
        assert router.links == 1

    def test_it_ends_once(self, router: Router) -> None:
        for number in (1, 2, 2):
            router.record(failed(number))
        assert list(router.ended) == [WNID]

    def test_what_comes_of_a_synset_that_is_closed_is_dropped(
        self, world: World, router: Router
    ) -> None:
        router.close(WNID)
        assert (len(router), WNID in router) == (0, False)
        assert router.reserve(picture(1)) is Verdict.ENOUGH
        router.record(picture(1))
        router.record(failed(1))
        router.leave(ImageName(WNID, 1), "host.example:80")
        assert world.told() == {}

    def test_what_another_process_has_saved_is_counted_and_what_is_left_too(
        self, world: World
    ) -> None:
        router, recorder = Router(), world.recorder()
        router.open(WNID, recorder, [task(1), task(2)])
        world.save(picture(1))
        router.record(picture(1))
        router.leave(ImageName(WNID, 2), "host.example:80")
        assert (world.told(), recorder.here) == ({1: "saved"}, 1)
        assert (dict(recorder.left), list(router.ended)) == ({"host.example:80": 1}, [WNID])

    def test_a_host_that_is_reached_is_told_to_all_and_to_those_that_come(
        self, world: World
    ) -> None:
        router = Router()
        router.open(WNID, world.recorder(reached=False), [task(1)])
        assert not router.reached
        router.record(failed(1))
        assert world.told() == {}
        router.reach()
        assert (router.reached, world.told()) == (True, {1: "silent"})
        router.open(OTHER, world.recorder(reached=False, wnid=OTHER), [task(2, OTHER)])
        router.record(failed(2)._replace(name=ImageName(OTHER, 2)))
        assert world.told() == {2: "silent"}
