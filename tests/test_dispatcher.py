"""Who is given what: a dispatcher with workers that are plain lists of messages."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Iterable, Iterator

import pytest
from ck_imagenet.core.errors import StoreError
from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.core.text import ImageName
from ck_imagenet.engine.dispatcher import Dispatcher
from ck_imagenet.engine.host import HostState, RationedHost
from ck_imagenet.engine.link import Task
from ck_imagenet.engine.messages import (
    Cancel,
    Ended,
    Fetch,
    FromWorker,
    Hungry,
    LeaveRationed,
    Left,
    Limit,
    Lost,
    Moved,
    Reached,
    Settled,
    Standing,
    Stop,
    ToWorker,
)
from ck_imagenet.engine.recorder import Recorder, Verdict
from ck_imagenet.engine.transports import MOST_IN_VAIN, Transport, WorkerPool
from ck_imagenet.storage.numbering import Link
from ck_imagenet.storage.paces import Learned
from ck_imagenet.storage.records import Record

WNID, OTHER = "n01440764", "n01443537"
JOBS = 4


class Listed(Transport):
    """A worker that does nothing by itself; what it is told is a list."""

    def __init__(self) -> None:
        self.told: list[ToWorker] = []
        self.is_closed = False

    def begin(self, tell: Callable[[FromWorker], None], reserve: Callable[[Record], bool]) -> None:
        self.tell, self.reserve = tell, reserve

    def send(self, message: ToWorker) -> None:
        self.told.append(message)
        if isinstance(message, Stop):
            self.tells(Ended())

    def close(self) -> None:
        self.is_closed = True

    def tells(self, *messages: FromWorker) -> None:
        for message in messages:
            self.tell(message)

    def saves(self, *numbers: int) -> None:
        self.tells(*(Settled(record(number)) for number in numbers))

    def fails(self, *numbers: int) -> None:
        self.tells(*(Settled(record(number, Outcome.GONE)) for number in numbers))

    def leaves(self, *numbers: int) -> None:
        self.tells(*(Left(ImageName(WNID, number), "a.example:80") for number in numbers))

    @property
    def given(self) -> list[int]:
        """The numbers of the links that it has been given, in their order."""
        fetches = [message for message in self.told if isinstance(message, Fetch)]
        return [task.link.name.number for each in fetches for task in each.tasks]

    @property
    def known(self) -> dict[str, HostState]:
        """What it has been told of hosts."""
        fetches = [message for message in self.told if isinstance(message, Fetch)]
        return {host: state for each in fetches for host, state in each.hosts.items()}


class Pool(WorkerPool):
    """Workers that come when a test says so."""

    advice = "do something else"

    def __init__(self, *coming: Listed) -> None:
        self.coming = list(coming)
        self.lost_ones: list[Transport] = []

    def new(self, links: int) -> Iterable[Transport]:
        coming, self.coming = self.coming, []
        return coming

    def lost(self, transport: Transport) -> None:
        self.lost_ones.append(transport)

    def close(self) -> None:
        self.coming.clear()


class Results(Recorder):
    """Remembers what came of links; of pictures it wants only so many."""

    def __init__(self, most: int | None = None) -> None:
        self.most = most
        self.saved: list[int] = []
        self.failed: list[int] = []
        self.left: list[str] = []
        self.urls: list[str] = []
        self.discarded: list[int] = []
        self.placeholders: list[int] = []
        self.is_reached = False

    def missing(self) -> int | None:
        return None if self.most is None else max(0, self.most - len(self.saved))

    def reserve(self, record: Record) -> Verdict:
        return Verdict.ENOUGH if self.missing() == 0 else Verdict.KEEP

    def record(self, record: Record) -> bool:
        self.urls.append(record.url)
        if record.outcome is not Outcome.SAVED:
            self.failed.append(record.name.number)
        elif self.missing() == 0:
            return False
        else:
            self.saved.append(record.name.number)
        return True

    def reach(self) -> None:
        self.is_reached = True

    def purge(self) -> None:
        self.saved = [number for number in self.saved if number not in self.placeholders]

    def discard(self, numbers: Iterable[int]) -> None:
        self.discarded += sorted(numbers)

    def leave(self, host: str) -> None:
        self.left.append(host)


def url(host: str, number: int) -> str:
    return f"http://{host}.example/{number}.jpg"


def tasks(**hosts: Iterable[int]) -> list[Task]:
    """Return links by the name of their host."""
    return [
        Task(Link(ImageName(WNID, number), url(host, number)), "a list")
        for host, numbers in hosts.items()
        for number in numbers
    ]


def record(number: int, outcome: Outcome = Outcome.SAVED) -> Record:
    return Record(ImageName(WNID, number), "a copy of its url", outcome, "2026")


@pytest.fixture
def here() -> Listed:
    """The worker of this process."""
    return Listed()


@pytest.fixture
def other() -> Listed:
    """A worker elsewhere."""
    return Listed()


@pytest.fixture
def pool(other: Listed) -> Pool:
    """Where the other one comes from."""
    return Pool(other)


@pytest.fixture
def dispatcher(here: Listed, pool: Pool) -> Iterator[Dispatcher]:
    """A dispatcher of both."""
    made = Dispatcher(JOBS, here, pool)
    yield made
    made.close()


def begin(dispatcher: Dispatcher, given: list[Task], most: int | None = None) -> Results:
    results = Results(most)
    dispatcher.begin(WNID, results, given)
    return results


class TestFeeding:
    """Links go to the hungry, by host, the largest first."""

    def test_nobody_is_given_anything_before_he_asks(
        self, dispatcher: Dispatcher, here: Listed, other: Listed
    ) -> None:
        begin(dispatcher, tasks(a=range(3)))
        assert here.given == other.given == []

    def test_who_asks_first_has_the_largest_host(
        self, dispatcher: Dispatcher, here: Listed, other: Listed
    ) -> None:
        begin(dispatcher, tasks(a=[1], b=range(10, 15), c=[2]))
        other.tells(Hungry())
        here.tells(Hungry())
        assert (other.given, here.given) == ([*range(10, 15)], [1, 2])

    def test_a_host_that_has_an_owner_goes_to_him_whoever_asks(
        self, dispatcher: Dispatcher, here: Listed, other: Listed
    ) -> None:
        begin(dispatcher, tasks(a=range(4)))
        other.tells(Hungry())
        dispatcher.begin(OTHER, Results(), tasks(a=[7], b=[8]))
        here.tells(Hungry())
        assert (other.given, here.given) == ([0, 1, 2, 3, 7], [8])

    def test_who_asks_and_gets_nothing_is_fed_when_there_is_something(
        self, dispatcher: Dispatcher, here: Listed
    ) -> None:
        begin(dispatcher, tasks(a=[1]))
        here.tells(Hungry(), Hungry())
        assert dispatcher.is_hungry
        dispatcher.begin(OTHER, Results(), tasks(b=[2]))
        assert not dispatcher.is_hungry

    def test_connections_are_shared(
        self, dispatcher: Dispatcher, here: Listed, other: Listed
    ) -> None:
        begin(dispatcher, tasks(a=[1]))
        assert here.told == other.told == [Limit(2)]

    def test_at_the_end_who_has_little_left_lends_his_connections(
        self, dispatcher: Dispatcher, here: Listed, other: Listed
    ) -> None:
        begin(dispatcher, tasks(a=range(9), b=[10]))
        here.tells(Hungry())
        other.tells(Hungry())
        dispatcher.is_all_begun = True
        dispatcher.poll(0)
        assert (here.told[-1], other.told[-1]) == (Limit(3), Limit(1))
        here.saves(*range(8))
        dispatcher.poll(0)
        assert here.told[-1] == Limit(1)


class TestResults:
    """What workers tell goes to the recorder."""

    def test_a_synset_has_ended_when_all_of_it_has(
        self, dispatcher: Dispatcher, here: Listed
    ) -> None:
        results = begin(dispatcher, tasks(a=range(3)))
        here.tells(Hungry(), Reached())
        here.saves(0)
        here.fails(1)
        assert list(dispatcher.ended()) == []
        here.leaves(2)
        assert list(dispatcher.ended()) == [WNID]
        assert (results.saved, results.failed, results.left) == ([0], [1], ["a.example:80"])
        assert results.is_reached

    def test_a_record_has_the_url_that_is_here(self, dispatcher: Dispatcher, here: Listed) -> None:
        results = begin(dispatcher, tasks(a=[1]))
        here.tells(Hungry())
        here.saves(1)
        assert results.urls == [url("a", 1)]

    def test_a_redirect_goes_to_the_owner_of_its_host(
        self, dispatcher: Dispatcher, here: Listed, other: Listed
    ) -> None:
        begin(dispatcher, tasks(a=range(5), b=[5]))
        here.tells(Hungry())
        other.tells(Hungry())
        moved = tasks(a=[1])[0]
        moved.address = url("b", 1)
        here.tells(Moved(moved))
        assert other.given == [5, 1]
        other.saves(1)
        nobodys = tasks(a=[2])[0]
        nobodys.address = url("c", 2)
        here.tells(Moved(nobodys))
        assert here.given == [0, 1, 2, 3, 4, 2]

    def test_an_error_of_a_worker_ends_the_run(
        self, dispatcher: Dispatcher, here: Listed, other: Listed
    ) -> None:
        begin(dispatcher, tasks(a=[1]))
        other.tells(Ended(OSError(28, "No space left on device")))
        with pytest.raises(OSError, match="No space"):
            dispatcher.poll(0)
        assert here.told[-1] == Stop()

    def test_at_the_end_all_are_stopped_and_closed(
        self, dispatcher: Dispatcher, here: Listed, other: Listed
    ) -> None:
        begin(dispatcher, tasks(a=[1]))
        dispatcher.close()
        assert here.told[-1] == other.told[-1] == Stop()
        assert here.is_closed
        assert other.is_closed


RATIONED = HostState(rest=30.0, refusals=2, has_given=True, learned=Learned(2.0, 1, 0.0))
DEAD = HostState(timeouts=10, outcome=Outcome.HOST_DOWN)
DOUBTFUL = HostState(timeouts=5)


class TestDeaths:
    """A worker that is lost: its links and what is known of its hosts go to others."""

    def test_what_it_had_told_counts_and_the_rest_goes_to_others(
        self, dispatcher: Dispatcher, here: Listed, other: Listed, pool: Pool
    ) -> None:
        results = begin(dispatcher, tasks(a=range(3)))
        other.tells(Hungry())
        other.saves(1)
        other.tells(Lost("with status -9"))
        here.tells(Hungry())
        assert (results.saved, here.given, pool.lost_ones) == ([1], [0, 2], [other])
        here.saves(0, 2)
        assert list(dispatcher.ended()) == [WNID]

    @pytest.mark.parametrize("most", [None, 3, 1])
    def test_what_it_may_have_saved_and_not_told_is_removed(
        self, dispatcher: Dispatcher, here: Listed, other: Listed, most: int | None
    ) -> None:
        results = begin(dispatcher, tasks(a=range(3)), most=3 if most else None)
        other.tells(Hungry())
        results.most = most
        other.saves(1)
        other.tells(Lost("killed"))
        assert results.discarded == [0, 2]
        assert list(dispatcher.ended()) == ([WNID] if most == 1 else [])

    def test_who_ends_by_himself_is_lost_too(
        self, dispatcher: Dispatcher, here: Listed, other: Listed, pool: Pool
    ) -> None:
        begin(dispatcher, tasks(a=[1]))
        other.tells(Hungry(), Ended())
        here.tells(Hungry())
        assert (here.given, pool.lost_ones) == ([1], [other])

    def test_after_that_it_is_not_heard(
        self, dispatcher: Dispatcher, other: Listed, pool: Pool
    ) -> None:
        results = begin(dispatcher, tasks(a=[1]))
        other.tells(Hungry())
        for _ in range(2):
            other.tells(Lost("killed"))
        other.saves(1)
        assert (results.saved, pool.lost_ones) == ([], [other])

    def test_who_remains_has_all_connections(
        self, dispatcher: Dispatcher, here: Listed, other: Listed
    ) -> None:
        begin(dispatcher, tasks(a=[1]))
        other.tells(Lost("killed"))
        assert here.told[-1] == Limit(JOBS)

    def test_who_comes_in_its_place_has_its_share_of_them(
        self, dispatcher: Dispatcher, here: Listed, other: Listed, pool: Pool
    ) -> None:
        begin(dispatcher, tasks(a=[1]))
        pool.coming.append(Listed())
        (new,) = pool.coming
        other.tells(Lost("killed"))
        assert isinstance(new, Listed)
        assert (here.told[-1], new.told[0]) == (Limit(2), Limit(2))

    @pytest.mark.parametrize("state", [RATIONED, DEAD, DOUBTFUL])
    def test_the_next_owner_knows_what_it_had_found_out(
        self, dispatcher: Dispatcher, here: Listed, other: Listed, state: HostState
    ) -> None:
        begin(dispatcher, tasks(a=[1], b=[2]))
        other.tells(Hungry(), Standing(hosts={"a.example:80": state, "b.example:80": HostState()}))
        other.tells(Lost("killed"))
        here.tells(Hungry())
        assert here.known.keys() == {"a.example:80"}
        known = here.known["a.example:80"]
        assert known._replace(rest=state.rest) == state
        assert state.rest - 1 < known.rest <= state.rest

    def test_what_is_no_longer_so_is_forgotten(
        self, dispatcher: Dispatcher, here: Listed, other: Listed
    ) -> None:
        begin(dispatcher, tasks(a=[1]))
        other.tells(Hungry(), Standing(hosts={"a.example:80": DEAD}))
        other.tells(Standing(hosts={"a.example:80": HostState()}))
        other.tells(Lost("killed"))
        here.tells(Hungry())
        assert here.known == {}

    @pytest.mark.parametrize("is_of_use", [False, True])
    def test_too_many_that_bring_nothing_end_the_run(self, here: Listed, is_of_use: bool) -> None:
        """As where a link kills whoever asks for it; those that bring something may die."""
        coming = [Listed() for _ in range(MOST_IN_VAIN + 1)]
        pool = Pool()
        dispatcher = Dispatcher(JOBS, here, pool)
        begin(dispatcher, tasks(a=range(20)))
        here.tells(Hungry())
        for number, worker in enumerate(coming):
            pool.coming.append(worker)
            dispatcher.poll(0)
            link = Link(ImageName(OTHER, number), url("c", number))
            dispatcher.begin(OTHER, Results(), [Task(link, "a list")])
            worker.tells(Hungry())
            here.saves(number)
            if is_of_use and number == 1:
                worker.tells(Settled(record(number)._replace(name=link.name)))
            worker.tells(Lost("killed"))
        if is_of_use:
            dispatcher.poll(0)
            return
        with pytest.raises(StoreError, match=r"6 times, and they brought nothing \(the last: kil"):
            dispatcher.poll(0)

    def test_where_all_are_elsewhere_links_wait_for_one_that_comes(self) -> None:
        first, second = Listed(), Listed()
        pool = Pool(first)
        dispatcher = Dispatcher(JOBS, pool=pool)
        results = begin(dispatcher, tasks(a=[1]))
        first.tells(Hungry())
        first.tells(Lost("its machine is gone"))
        dispatcher.poll(0)
        pool.coming.append(second)
        dispatcher.poll(0)
        second.tells(Hungry())
        second.saves(1)
        assert results.saved == [1]
        assert not any(isinstance(message, Limit) for message in first.told + second.told)


def test_a_process_that_cannot_be_started_leaves_its_part_to_the_others(here: Listed) -> None:
    class Unstarted(Listed):
        def begin(self, *listening: object) -> None:
            raise BlockingIOError(11, "Resource temporarily unavailable")

    dispatcher = Dispatcher(JOBS, here, Pool(Unstarted()))
    results = begin(dispatcher, tasks(a=[1]))
    here.tells(Hungry())
    here.saves(1)
    assert (results.saved, list(dispatcher.ended())) == ([1], [WNID])


def test_hosts_of_one_worker_remain_its_own_however_many_others_are_met(
    here: Listed, other: Listed, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ck_imagenet.engine.owners.MOST_OWNERS", 2)
    dispatcher = Dispatcher(JOBS, here, pool, own=[url("own", 0)])
    begin(dispatcher, tasks(a=[1], b=[2], c=[3]))
    other.tells(Hungry())
    dispatcher.begin(OTHER, Results(), tasks(own=[4]))
    other.tells(Hungry())
    assert (other.given, here.given) == ([1, 2, 3], [4])


class TestCounted:
    """Of a synset of which so many pictures are wanted, so many links are out."""

    def test_as_many_are_given_out_as_are_wanted_by_hosts_in_turn(
        self, dispatcher: Dispatcher, here: Listed
    ) -> None:
        begin(dispatcher, tasks(a=range(10), b=range(20, 30)), most=4)
        here.tells(Hungry())
        here.tells(Hungry())
        assert sorted(here.given) == [0, 1, 20, 21]

    def test_others_follow_for_those_that_fail(self, dispatcher: Dispatcher, here: Listed) -> None:
        begin(dispatcher, tasks(a=range(10)), most=2)
        here.tells(Hungry())
        here.fails(0)
        here.tells(Hungry())
        here.saves(1)
        here.tells(Hungry())
        assert here.given == [0, 1, 2]

    def test_it_has_ended_when_nobody_saves_one_more(
        self, dispatcher: Dispatcher, here: Listed, other: Listed
    ) -> None:
        results = begin(dispatcher, tasks(a=range(10), b=range(20, 30)), most=2)
        other.tells(Hungry())
        here.tells(Hungry())
        other.saves(0)
        other.saves(20)
        assert list(dispatcher.ended()) == [WNID]
        assert results.saved == [0, 20]

    def test_who_may_still_save_one_is_asked_first(
        self,
        dispatcher: Dispatcher,
        here: Listed,
        other: Listed,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        results = begin(dispatcher, tasks(a=range(10)), most=1)
        other.tells(Hungry())
        overdue(monkeypatch)
        other.tells(Hungry())
        dispatcher.poll(0)
        assert other.given == [0]  # which may still wait for a connection
        other.tells(Hungry(is_idle=True))
        dispatcher.poll(0)
        assert other.given == [0, 1, 2]  # one for each that is overdue, and one more
        other.saves(1)
        assert other.told[-1] == Cancel(WNID)
        assert list(dispatcher.ended()) == []
        other.saves(0)  # it was already on its way
        assert list(dispatcher.ended()) == []
        other.leaves(2)
        assert list(dispatcher.ended()) == [WNID]
        assert (results.saved, results.left) == ([1], [])

    def test_who_is_lost_saves_nothing_either(
        self, dispatcher: Dispatcher, other: Listed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begin(dispatcher, tasks(a=range(10)), most=1)
        other.tells(Hungry())
        overdue(monkeypatch)
        other.tells(Hungry())
        dispatcher.poll(0)
        assert other.given == [0]  # which may still wait for a connection
        other.tells(Hungry(is_idle=True))
        dispatcher.poll(0)
        other.saves(1)
        other.tells(Lost("killed"))
        assert list(dispatcher.ended()) == [WNID]

    def test_links_of_who_is_lost_are_out_still(
        self, dispatcher: Dispatcher, here: Listed, other: Listed
    ) -> None:
        begin(dispatcher, tasks(a=range(10), b=range(20, 30)), most=2)
        other.tells(Hungry())
        other.tells(Lost("killed"))
        here.tells(Hungry())
        assert sorted(here.given) == [0, 20]

    def test_a_redirect_that_comes_when_there_are_enough_goes_nowhere(
        self, dispatcher: Dispatcher, here: Listed
    ) -> None:
        results = begin(dispatcher, tasks(a=[0, 1]), most=2)
        here.tells(Hungry())
        results.most = 1
        here.saves(0)
        here.tells(Moved(tasks(c=[1])[0]))
        assert (here.given, here.told[-1]) == ([0, 1], Cancel(WNID))
        assert list(dispatcher.ended()) == [WNID]

    def test_nor_does_what_waits_for_a_worker(
        self, dispatcher: Dispatcher, here: Listed, other: Listed
    ) -> None:
        results = begin(dispatcher, tasks(a=range(4), b=range(10, 14)), most=8)
        here.tells(Hungry())  # the links of b wait
        results.most = 1
        here.saves(0)
        other.tells(Hungry())
        assert (here.told[-1], other.given) == (Cancel(WNID), [])
        here.leaves(1, 2, 3)
        assert list(dispatcher.ended()) == [WNID]

    def test_links_that_nobody_wants_any_more_keep_others_from_nobody(
        self, dispatcher: Dispatcher, here: Listed
    ) -> None:
        results = begin(dispatcher, tasks(a=range(2 * JOBS), b=range(10, 10 + JOBS)), most=20)
        here.tells(Hungry())
        link = Link(ImageName(OTHER, 30), url("c", 30))
        dispatcher.begin(OTHER, Results(), [Task(link, "a list")])
        results.most = 1
        here.saves(0)
        here.leaves(*range(1, 2 * JOBS))
        assert list(dispatcher.ended()) == [WNID]
        here.tells(Hungry())
        assert here.given == [*range(2 * JOBS), 30]

    def test_one_too_many_is_asked_for_again_if_it_is_of_use_later(
        self, dispatcher: Dispatcher, here: Listed
    ) -> None:
        results = begin(dispatcher, tasks(a=range(2)), most=1)
        here.tells(Hungry())
        results.most = 0
        assert not here.reserve(record(0))
        assert list(dispatcher.ended()) == [WNID]

    def test_where_a_picture_turns_out_to_be_a_placeholder_at_the_end_another_takes_its_place(
        self, dispatcher: Dispatcher, here: Listed
    ) -> None:
        results = begin(dispatcher, tasks(a=range(4)), most=2)
        here.tells(Hungry())
        results.placeholders = [1]
        here.saves(0, 1)
        assert list(dispatcher.ended()) == []
        here.tells(Hungry())
        here.saves(2)
        assert list(dispatcher.ended()) == [WNID]
        assert (here.given, results.saved) == ([0, 1, 2], [0, 2])

    @pytest.mark.parametrize("message", [Left(ImageName(WNID, 1), ""), Lost("killed"), None])
    def test_then_links_are_asked_for_that_were_cancelled(
        self, dispatcher: Dispatcher, here: Listed, other: Listed, message: FromWorker | None
    ) -> None:
        results = begin(dispatcher, tasks(a=[0, 1]), most=2)
        other.tells(Hungry())
        results.most, results.placeholders = 1, [0]
        other.saves(0)
        assert other.told[-1] == Cancel(WNID)
        other.tells(message or Moved(tasks(c=[1])[0]))
        here.tells(Hungry())
        assert [*other.given, *here.given] == [0, 1, 1]
        here.saves(1)
        other.saves(1)
        assert list(dispatcher.ended()) == [WNID]
        assert results.saved == [1]

    def test_and_links_that_waited_for_a_worker_all_the_time(
        self, dispatcher: Dispatcher, here: Listed
    ) -> None:
        results = begin(dispatcher, tasks(a=range(4), b=[10]), most=5)
        here.tells(Hungry())  # the link of b waits
        results.most, results.placeholders = 1, [0]
        here.saves(0)
        here.fails(1, 2, 3)
        here.tells(Hungry())
        here.saves(10)
        assert (here.given, results.saved) == ([0, 1, 2, 3, 10], [10])

    def test_when_rationed_ones_are_left_those_that_are_parked_are_too(
        self, dispatcher: Dispatcher, here: Listed
    ) -> None:
        results = begin(dispatcher, tasks(a=range(4), b=range(20, 22)), most=2)
        here.tells(Hungry())
        ration = RationedHost("a.example:80", 2.0, 1, 0.0)
        here.tells(Standing([ration], is_rationed=True, hosts={"a.example:80": RATIONED}))
        assert not dispatcher.waits_for_rations_alone()  # others are parked that do not
        here.fails(20)
        here.tells(Hungry())
        assert dispatcher.rations() == [ration]
        dispatcher.leave_rationed()
        assert here.told[-1] == LeaveRationed()
        assert results.left == ["a.example:80"] * 2


def overdue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whatever is out be out for too long at once."""
    monkeypatch.setattr("ck_imagenet.engine.owners.OVERDUE", 0.0)


def test_what_was_learnt_outlives_who_has_learnt_it(
    dispatcher: Dispatcher, other: Listed, tmp_path: Path
) -> None:
    begin(dispatcher, tasks(a=[1]))
    other.tells(Standing(learned={"flickr": Learned(5.0, 1, 0.0)}))
    other.tells(Lost("killed"))
    assert dispatcher.learned() == {"flickr": Learned(5.0, 1, 0.0)}
