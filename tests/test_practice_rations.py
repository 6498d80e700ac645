"""The practice web rations as its URLs say, and tells what it gave and what it refused."""

from __future__ import annotations

import http.client
import math
import socket
import time
from email.utils import parsedate_to_datetime
from typing import Sequence

import pytest
from ck_imagenet_practice import PracticeWeb, pictures
from ck_imagenet_practice.rations import Ration, Tally, at_best, read
from hypothesis import given
from hypothesis import strategies as st
from raw_client import ask, wire

RULES = ("bucket-2-5", "bucket-0.5-1", "window-3-4", "clock-3-4", "sliding-3-4", "gap-1.5")
MANY = 3600
"""Seconds that no test lasts."""


def statuses(web: PracticeWeb, words: str, requests: int, host: int = 0) -> list[int]:
    """Ask for so many pictures at once, and return how each was answered."""
    return [ask(web.url(host, f"/rationed/{words}/{n}.jpg")).status for n in range(requests)]


def ration(words: str) -> Ration:
    terms, used = read(words.split("/"))
    assert used == len(words.split("/"))
    return Ration(terms)


def given_at(words: str, times: Sequence[float]) -> list[bool]:
    """Return whether each of some requests is given, by a clock of the test's own."""
    rationer = ration(words)
    return [rationer.ask(when).given for when in times]


class TestRules:
    """When a host gives, in virtual time."""

    def test_a_bucket_gives_a_burst_and_then_at_its_rate(self) -> None:
        times = [0, 0, 0, 0, 0.49, 0.5, 0.5, 1.5, 1.5, 1.5, 99, 99, 99, 99]
        expected = [1, 1, 1, 0, 0, 1, 0, 1, 1, 0, 1, 1, 1, 0]
        assert given_at("bucket-2-3", times) == list(map(bool, expected))

    def test_a_window_begins_with_its_first_request(self) -> None:
        times = [7, 7, 8, 16.9, 17, 17, 17, 40, 49.9, 50, 50]
        expected = [1, 1, 0, 0, 1, 1, 0, 1, 1, 1, 1]
        assert given_at("window-2-10", times) == list(map(bool, expected))

    def test_windows_by_the_clock_follow_one_another(self) -> None:
        times = [7, 9, 9.9, 10, 10, 19.9, 20, 45, 49.9, 49.9, 50]
        expected = [1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 1]
        assert given_at("clock-2-10", times) == list(map(bool, expected))

    def test_a_clock_s_window_ends_once_whatever_its_fractions(self) -> None:
        ends = [number * 0.3 for number in range(1, 50)]
        assert all(given_at("clock-1-0.3", ends))

    def test_a_sliding_window_looks_back_from_each_request(self) -> None:
        times = [7, 9, 16.9, 17, 18.9, 19, 19]
        assert given_at("sliding-2-10", times) == list(map(bool, [1, 1, 0, 1, 0, 1, 0]))

    def test_a_gap_is_between_any_two(self) -> None:
        assert given_at("gap-2", [0, 1, 2, 3.9, 4]) == [True, False, True, False, True]

    def test_who_is_refused_may_be_held_back_for_it(self) -> None:
        assert given_at("gap-2/all", [0, 1, 2, 3.9, 4, 6]) == [True, *[False] * 4, True]
        assert given_at("sliding-2-10/all", [0, 0, 9, 10, 18.9, 20]) == [
            *(True, True, False, True, False, True)
        ]
        rationer = ration("gap-2/all")
        rationer.ask(0)
        assert rationer.ask(1).wait == 2, "counted from this request on"

    @pytest.mark.parametrize("rule", RULES)
    @given(pauses=st.lists(st.floats(0, 10), max_size=30), begin=st.floats(0, 9))
    def test_nobody_has_more_than_at_best(
        self, rule: str, pauses: list[float], begin: float
    ) -> None:
        now, rationer = begin, ration(rule)
        for pause in pauses:
            now += pause
            if rationer.ask(now).given:
                pictures_so_far = len(rationer.tally().given)
                assert now - begin >= at_best(rule, pictures_so_far, begin) - 1e-6

    @pytest.mark.parametrize("rule", RULES)
    @given(refused=st.integers(1, 20), begin=st.floats(0, 9))
    def test_who_waits_as_long_as_it_takes_is_given(
        self, rule: str, refused: int, begin: float
    ) -> None:
        now, rationer = begin, ration(rule)
        for _ in range(refused):
            verdict = rationer.ask(now)
            now += math.ceil(verdict.wait * 1000 + 1) / 1000 if verdict.wait else 0
            assert verdict.given or rationer.ask(now).given

    @pytest.mark.parametrize(
        ("rule", "pictures_wanted", "since", "seconds"),
        [
            ("bucket-2-20", 20, 0, 0),
            ("bucket-2-20", 120, 0, 50),
            ("bucket-3-20", 90, 0, 70 / 3),
            ("window-40-20", 120, 3, 40),
            ("window-40-20", 121, 3, 60),
            ("clock-40-20", 120, 0, 40),
            ("clock-40-20", 120, 19, 21),
            ("sliding-40-20", 120, 3, 40),
            ("gap-0.5", 9, 3, 4),
            ("gap-0.5", 0, 3, 0),
        ],
    )
    def test_at_best_is_the_least_time(
        self, rule: str, pictures_wanted: int, since: float, seconds: float
    ) -> None:
        assert at_best(rule, pictures_wanted, since) == pytest.approx(seconds)


class TestBans:
    """What comes of asking on, in virtual time."""

    WORDS = "bucket-1-1/ban-3-10-5-403"

    def test_so_many_refusals_in_so_long_bring_a_ban_for_so_long(self) -> None:
        rationer = ration(self.WORDS)
        times = [0, 0.1, 0.2, 0.3, 0.4, 5.2, 5.3]
        verdicts = [rationer.ask(when) for when in times]
        assert [verdict.given for verdict in verdicts] == [True, *[False] * 5, True]
        assert [verdict.banned for verdict in verdicts] == ["", "", "", "", "403", "403", ""]
        assert verdicts[4].wait == pytest.approx(4.9)
        assert rationer.tally() == Tally((0, 5.3), (0.1, 0.2, 0.3), (0.4, 5.2))

    def test_refusals_are_forgotten_in_time_and_by_a_ban(self) -> None:
        assert not any(ration(self.WORDS).ask(n * 5).banned for n in range(99))
        rationer = ration("window-1-99/ban-3-10-5-403")
        times = [0, 1, 2, 11, 11.9, 12, 13, 17, 18, 19, 20]
        banned = [bool(rationer.ask(when).banned) for when in times]
        assert banned == [False] * 5 + [True, True, False, False, False, True]

    def test_a_ban_may_begin_anew_with_each_request(self) -> None:
        rationer = ration("bucket-1-1/ban-1-10-5-403-longer")
        verdicts = [rationer.ask(when) for when in (0, 0, 4, 8, 12.9, 17.9)]
        assert [verdict.banned for verdict in verdicts] == ["", "", "403", "403", "403", ""]
        assert [verdict.wait for verdict in verdicts[2:5]] == pytest.approx([5, 5, 5])

    def test_who_asks_although_told_not_to_is_noticed(self) -> None:
        rationer = ration("gap-2.5/after")
        for when in (0, 1, 2.4, 2.5, 2.9, 3, 5.5):
            rationer.ask(when)
        assert rationer.tally().heedless == (2.4, 2.5, 2.9, 3, 5.5)
        silent = ration("gap-2.5")
        for when in (0, 1, 2.4):
            silent.ask(when)
        assert silent.tally().heedless == ()

    def test_refusals_a_hundred_count_bans(self) -> None:
        tally = Tally((0.0, 1.0, 2.0), (1.0, 1.5), (2.5,))
        assert tally.refusals_per_hundred() == 50
        assert tally.refusals_per_hundred(since=2) == 50
        assert tally.refusals_per_hundred(since=2.5) == 100
        assert Tally().refusals_per_hundred() == 0


class TestAnswers:
    """What goes over the wire."""

    @pytest.mark.parametrize("rule", ["bucket-0.001-2", "window-2-999", "sliding-2-999"])
    def test_a_host_gives_as_much_as_its_rule_says(self, web: PracticeWeb, rule: str) -> None:
        assert statuses(web, rule, 4) == [200, 200, 429, 429]
        assert statuses(web, rule, 3, host=1) == [200, 200, 429], "another host has its own"
        body = ask(web.url(2, f"/rationed/{rule}/1.jpg")).body
        assert body == pictures.picture(f"/rationed/{rule}/1.jpg")

    def test_a_gap_ends(self, web: PracticeWeb) -> None:
        assert statuses(web, "gap-1", 2) == [200, 429]
        time.sleep(1)
        assert statuses(web, "gap-1", 1) == [200]

    def test_windows_by_the_clock_begin_with_the_web(self, web: PracticeWeb) -> None:
        assert statuses(web, f"clock-2-{MANY}", 3) == [200, 200, 429]
        last = web.rations.tally(web.hosts[0]).refused[0]
        wish = ask(web.url(0, f"/rationed/clock-2-{MANY}/after/1.jpg"))
        assert wish.status == 200, "other words are another ration"
        for _ in range(2):
            wish = ask(web.url(0, f"/rationed/clock-2-{MANY}/after/1.jpg"))
        assert int(wish.headers["Retry-After"]) == pytest.approx(MANY - last, abs=5)

    @pytest.mark.parametrize("status", [403, 420, 429, 503])
    def test_a_refusal_has_the_status_that_is_asked_for(
        self, web: PracticeWeb, status: int
    ) -> None:
        assert statuses(web, f"window-1-999/says-{status}", 2) == [200, status]

    def test_420_has_the_words_of_those_who_made_it_up(self, web: PracticeWeb) -> None:
        ask(web.url(0, "/rationed/gap-999/says-420/1.jpg"))
        head, _ = wire(web.url(0, "/rationed/gap-999/says-420/1.jpg"))
        assert head.startswith(b"HTTP/1.1 420 Enhance Your Calm\r\n")

    def test_nothing_is_said_of_when_unless_that_is_asked_for(self, web: PracticeWeb) -> None:
        statuses(web, "gap-999", 1)
        assert "Retry-After" not in ask(web.url(0, "/rationed/gap-999/1.jpg")).headers

    def test_the_truth_is_told_in_whole_seconds_rounded_up(self, web: PracticeWeb) -> None:
        statuses(web, "gap-100.5/after", 1)
        wish = ask(web.url(0, "/rationed/gap-100.5/after/1.jpg")).headers["Retry-After"]
        assert wish in ("100", "101")

    def test_or_as_the_next_whole_second_s_date(self, web: PracticeWeb) -> None:
        begin = time.time()
        statuses(web, "gap-100/date", 1)
        wish = ask(web.url(0, "/rationed/gap-100/date/1.jpg")).headers["Retry-After"]
        assert 100 <= parsedate_to_datetime(wish).timestamp() - begin < 105

    def test_a_lie_is_told_as_it_is(self, web: PracticeWeb) -> None:
        statuses(web, "gap-9/after-0", 1)
        wish = ask(web.url(0, "/rationed/gap-9/after-0/1.jpg")).headers["Retry-After"]
        assert wish == "0"
        statuses(web, "gap-9/date-7200", 1)
        wish = ask(web.url(0, "/rationed/gap-9/date-7200/1.jpg")).headers["Retry-After"]
        assert 7190 < parsedate_to_datetime(wish).timestamp() - time.time() <= 7200

    def test_hosts_share_a_ration_that_has_a_name(self, web: PracticeWeb) -> None:
        words = "window-3-999/by-all-farms"
        assert statuses(web, words, 2, host=0) == [200, 200]
        assert statuses(web, words, 2, host=1) == [200, 429]
        assert statuses(web, words, 1, host=0) == [429]
        assert len(web.rations.tally("all-farms").given) == 3
        assert web.rations.tally(web.hosts[0]) == Tally()

    def test_two_hosts_lead_to_a_third_that_rations_both(self, web: PracticeWeb) -> None:
        target = f"{web.hosts[2]}/rationed/window-2-999"
        locations = [
            ask(web.url(host, f"/across/{target}/{host}.jpg")).headers["Location"]
            for host in (0, 1, 0)
        ]
        assert locations[:2] == [f"http://{target}/0.jpg", f"http://{target}/1.jpg"]
        assert [ask(location).status for location in locations] == [200, 200, 429]
        tally = web.rations.tally(web.hosts[2])
        assert [len(times) for times in tally] == [2, 1, 0, 0]

    def test_what_is_rationed_may_be_any_url(self, web: PracticeWeb) -> None:
        words = "window-3-999"
        found = [
            ask(web.url(0, f"/rationed/{words}/{rest}")) for rest in ("gone/1", "good/a/1.jpg")
        ]
        assert [answer.status for answer in found] == [404, 200]
        assert found[1].body == pictures.picture("/good/a/1.jpg")
        moved = ask(web.url(0, f"/rationed/{words}/moved/1.jpg"))
        assert moved.headers["Location"] == "/good/moved/1.jpg"
        assert statuses(web, words, 1) == [429]

    def test_times_are_told_since_the_web_began(self) -> None:
        begin = time.monotonic()
        with PracticeWeb() as web:
            statuses(web, "window-2-999", 3)
            tally = web.rations.tally(web.hosts[0])
            assert 0 <= tally.given[0] <= tally.given[1] <= tally.refused[0]
            assert tally.refused[0] <= time.monotonic() - begin
            assert web.rations.tally("nobody") == Tally()

    @pytest.mark.parametrize(
        "path",
        [
            *("/rationed/1.jpg", "/rationed/2-20/1.jpg", "/rationed/bucket-2/1.jpg"),
            *("/rationed/bucket-0-1/1.jpg", "/rationed/gap-nan/1.jpg", "/rationed/gap-x/1.jpg"),
            *("/rationed/gap-1/says-x/1.jpg", "/rationed/gap-1/says-600/1.jpg"),
            *("/rationed/gap-1/says/1.jpg", "/rationed/gap-1/after-x/1.jpg"),
            *("/rationed/gap-1/ban-1-1-403/1.jpg", "/rationed/gap-1/ban-1-1-1-shot/1.jpg"),
            *("/rationed/gap-1/ban-1-1-1-403-shorter/1.jpg", "/rationed/gap-1/god/1.jpg"),
            *("/rationed/after/gap-1/1.jpg", "/across/1.jpg", "/flaky/1.jpg"),
        ],
    )
    def test_a_url_that_means_nothing_is_told_so(self, web: PracticeWeb, path: str) -> None:
        assert ask(web.url(0, path)).status == 501
        assert web.rations.tally(web.hosts[0]) == Tally()


class TestShowingOut:
    """How banned clients are answered."""

    @staticmethod
    def banned(web: PracticeWeb, how: str) -> str:
        """Have this client banned, and return a URL."""
        words = f"window-1-999/ban-2-99-99-{how}"
        assert statuses(web, words, 3) == [200, 429, 429]
        return web.url(0, f"/rationed/{words}/1.jpg")

    @pytest.mark.parametrize("status", [403, 404, 429, 503])
    def test_with_a_status(self, web: PracticeWeb, status: int) -> None:
        answer = ask(self.banned(web, str(status)))
        assert (answer.status, "Retry-After" in answer.headers) == (status, False)
        assert len(web.rations.tally(web.hosts[0]).banned) == 1

    def test_with_a_page_that_looks_well(self, web: PracticeWeb) -> None:
        answer = ask(self.banned(web, "page"))
        assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html")
        assert b"too many requests" in answer.body

    def test_with_a_reset(self, web: PracticeWeb) -> None:
        url = self.banned(web, "reset")
        with pytest.raises(ConnectionResetError):
            ask(url)

    def test_without_a_word(self, web: PracticeWeb) -> None:
        url = self.banned(web, "close")
        with pytest.raises(http.client.RemoteDisconnected):
            ask(url)

    def test_with_silence(self, web: PracticeWeb) -> None:
        url = self.banned(web, "silence")
        with pytest.raises(socket.timeout):
            ask(url, timeout=0.2)

    def test_until_the_ban_ends(self, web: PracticeWeb) -> None:
        words = "bucket-1-1/ban-1-9-1-404"
        assert statuses(web, words, 3) == [200, 429, 404]
        time.sleep(1)
        assert statuses(web, words, 1) == [200]


class TestLimping:
    """Hosts and links that answer now and then."""

    def test_a_flaky_host_answers_a_share_that_is_drawn_once(self, web: PracticeWeb) -> None:
        def answers(host: int, percent: int, count: int = 400) -> list[int]:
            paths = [f"/flaky/{percent}/{n // 4}.gif" for n in range(count)]
            return [ask(web.url(host, path)).status for path in paths]

        drawn = answers(0, 30)
        assert set(drawn) == {200, 503}
        assert 90 <= drawn.count(503) <= 150
        assert answers(1, 30) == drawn
        assert set(answers(2, 0, 40)) == {200}
        assert set(answers(2, 100, 40)) == {503}

    def test_a_link_may_answer_the_second_time_only(self, web: PracticeWeb) -> None:
        url = web.url(0, "/silent/1/1.jpg")
        with pytest.raises(socket.timeout):
            ask(url, timeout=0.2)
        assert ask(url).body == pictures.picture("/silent/1/1.jpg")
