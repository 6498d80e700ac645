"""The practice web plays the Wayback Machine."""

from __future__ import annotations

import time
from datetime import datetime

import pytest
from ck_imagenet_practice import PracticeWeb, mementos
from ck_imagenet_practice.archive import HARD_LIMIT, LISTED, Patience
from ck_imagenet_practice.service import ENDPOINTS
from raw_client import ask

URL = "http://www.a.example/b%20c\xe9.jpg?d=1"
ASKED = "http://a.example/b%20c%E9.jpg?d=1"


def at(web: PracticeWeb, moment: str, url: str = ASKED) -> str:
    return f"{web.wayback}/web/{moment}id_/{url}"


def test_what_it_never_captured_is_not_found(web: PracticeWeb) -> None:
    answer = ask(at(web, "20100101000000"))
    assert (answer.status, b"has not archived" in answer.body) == (404, True)


@pytest.mark.parametrize("path", ["/", "/web/", "/web/2010id_/http://a/", "/web/20100101000000/x"])
def test_nor_is_what_asks_for_no_capture(web: PracticeWeb, path: str) -> None:
    assert ask(web.wayback + path).status == 404


def test_a_capture_is_given_by_its_own_time_and_by_any_other_the_nearest(web: PracticeWeb) -> None:
    web.archive.keep(URL, b"one", "20090601000000")
    web.archive.keep(URL, b"two", "20110601000000")
    assert ask(at(web, "20110601000000")).body == b"two"
    for moment, nearest in (
        ("20100101000000", "20090601000000"),
        ("20201231235959", "20110601000000"),
    ):
        answer = ask(at(web, moment))
        assert (answer.status, answer.headers["location"]) == (302, f"/web/{nearest}id_/{ASKED}")


def test_what_was_no_picture_then_is_none_now(web: PracticeWeb) -> None:
    web.archive.keep(URL, b"gone", "20100101000000", status=404)
    assert ask(at(web, "20100101000000")).status == 404
    web.archive.keep("http://c/", time="20100101000000", status=301, location="http://d/e.jpg")
    answer = ask(at(web, "20100101000000", "http://c/"))
    assert answer.status == 301
    assert answer.headers["location"] == "/web/20100101000000id_/http://d/e.jpg"


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_it_has_what_image_net_org_answered_as_far_as_it_has_captured_it(endpoint: str) -> None:
    with PracticeWeb(captured=[endpoint]) as web:
        for name, path in ENDPOINTS.items():
            address = f"{path}?wnid=n01440764"
            answer = ask(at(web, LISTED, f"http://www.image-net.org{address}"))
            assert answer.status == (200 if name == endpoint else 404)
            if name == endpoint:
                assert answer.body == ask(web.service + address).body


def test_it_asks_for_rests_and_counts_who_does_not_heed_them(web: PracticeWeb) -> None:
    web.archive.be_patient(Patience(requests=2, rest=1))
    address = at(web, "20100101000000")
    statuses = [ask(address).status for _ in range(4)]
    assert (statuses, web.archive.heedless) == ([404, 404, 429, 429], 1)
    assert ask(address).headers["retry-after"] == "1"
    time.sleep(1)
    assert [ask(address).status for _ in range(3)] == [404, 404, 429]
    assert web.archive.heedless == 2


def test_captures_tell_their_time_whatever_their_status_and_its_own_answers_none(
    web: PracticeWeb,
) -> None:
    moments = {"20100521123456": 200, "20110521123456": 503, "20120521123456": 302}
    for moment, status in moments.items():
        location = "http://d/e.jpg" if status == 302 else ""
        web.archive.keep(URL, b"x", moment, status=status, location=location)
        answer = ask(at(web, moment))
        assert answer.status == status
        told = datetime.strptime(answer.headers["memento-datetime"], "%a, %d %b %Y %H:%M:%S GMT")
        assert told.strftime("%Y%m%d%H%M%S") == moment
    web.archive.keep("http://f/", b"x", errors=2)
    own = [ask(at(web, "20100521123456", "http://f/")) for _ in range(3)]
    assert [answer.status for answer in own] == [503, 502, 200]
    to_exact, never = ask(at(web, "20100101000000")), ask(at(web, "20100101000000", "http://no/"))
    assert to_exact.headers["x-archive-redirect-reason"] == "found capture at 20100521123456"
    for answer in (to_exact, never, *own[:2]):
        assert "memento-datetime" not in answer.headers


def test_its_hard_limit_says_nothing_of_how_long_and_shuts_out_who_goes_on(
    web: PracticeWeb,
) -> None:
    web.archive.be_patient(HARD_LIMIT._replace(requests=2))
    answers = [ask(at(web, "20100101000000")) for _ in range(3)]
    assert [answer.status for answer in answers] == [404, 404, 429]
    assert "retry-after" not in answers[-1].headers
    for _ in range(2):
        with pytest.raises(OSError, match=r"reset|closed|aborted"):
            ask(at(web, "20100101000000"))
    assert web.archive.heedless > 0


def test_what_comes_slowly_enough_is_never_refused(web: PracticeWeb) -> None:
    web.archive.be_patient(Patience(requests=2, within=0.2))
    for _ in range(6):
        assert ask(at(web, "20100101000000")).status == 404
        time.sleep(0.15)


@pytest.mark.parametrize("form", mementos.FORMS)
def test_each_form_in_which_captures_are_given_was_seen_somewhere(form: str) -> None:
    assert mementos.FORMS[form].seen


@pytest.mark.parametrize(
    ("form", "location"),
    [
        ("plain", "/web/20100521000000id_/http://c/"),
        ("absolute", "http://{host}/web/20100521000000id_/http://c/"),
        ("no-scheme", "//{host}/web/20100521000000id_/http://c/"),
        ("other-scheme", "https://{host}/web/20100521000000id_/http://c/"),
    ],
)
def test_its_locations_are_written_in_any_way(web: PracticeWeb, form: str, location: str) -> None:
    web.archive.keep("http://c/", b"x", "20100521000000", form=form)
    told = ask(at(web, "20100101000000", "http://c/")).headers["location"]
    assert told == location.format(host=web.wayback.partition("//")[2])


def test_an_archived_redirect_to_itself_leads_to_what_came_after_it(web: PracticeWeb) -> None:
    for day in ("20100521000000", "20100522000000"):
        web.archive.keep("http://c/", b"", day, status=302, location="http://c/")
    first, last = (ask(at(web, f"201005{day}000000", "http://c/")) for day in (21, 22))
    assert first.headers["location"] == "/web/20100522000000id_/http://c/"
    assert last.headers["location"] == "/web/20100522000000id_/http://c/"


def test_every_other_link_that_is_gone_has_been_captured(web: PracticeWeb) -> None:
    gone = [link for link in web.links("n01440764") if link.kind == "gone"]
    found = [ask(at(web, "20100521123456", link.url)) for link in gone]
    assert [answer.status for answer in found] == [200, 404, 200, 404]
    assert found[0].body == gone[0].picture()
