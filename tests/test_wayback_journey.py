"""Pictures from the Wayback Machine: `ck download imagenet --wayback`."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest
from ck_imagenet.catalogue import synsets
from ck_imagenet_practice import Link, PracticeWeb, pictures
from ck_imagenet_practice.archive import Patience
from ck_imagenet_practice.mementos import FORMS
from peer import hosted
from terminal import WNID, Terminal

DALMATIAN = "n02110341"
COMMAND = ("download", f"imagenet:{WNID}")
TAKEN = "20100521123456"


def gone(web: PracticeWeb, *numbers: int) -> list[Link]:
    """Return the synset's links: these are gone, and there is nothing else."""
    links = [web.link(WNID, number, "gone", number % 8) for number in numbers]
    web.set_links(WNID, links)
    return links


def capture_address(web: PracticeWeb, link: Link, taken: str = TAKEN) -> str:
    return f"{web.wayback}/web/{taken}id_/{link.url}"


def asked_there(web: PracticeWeb) -> list[str]:
    """Return the URLs that the Wayback Machine was asked for, of whatever time."""
    asked = [each.path for each in web.requests.all() if f"http://{each.host}" == web.wayback]
    return [path.partition("id_/")[2] for path in asked]


def records(terminal: Terminal) -> dict[str, dict[str, object]]:
    """Return what the journal says of each URL."""
    journal = terminal.repository() / "imagenet" / WNID / "journal" / "0.jsonl"
    lines = [json.loads(line) for line in journal.read_text().splitlines()[1:]]
    return {line["url"]: line for line in lines}


def test_without_the_option_a_run_says_how_many_links_it_might_bring_back(
    terminal: Terminal, web: PracticeWeb
) -> None:
    kinds = ["gone", "flickr", "parked", "cut", "refused", "good", "noai"]
    web.set_links(WNID, [web.link(WNID, n, kind, n) for n, kind in enumerate(kinds)])
    said = terminal.says(*COMMAND, "--retry=0")
    assert said.endswith(
        "  Some of these failures may be temporary: ask again with --retry-failed\n"
        "  The Wayback Machine may have pictures of 4 of these: ask it with --wayback\n"
    )
    assert asked_there(web) == []


def test_a_capture_whose_line_a_kill_has_cost_is_still_known_as_one(
    terminal: Terminal, web: PracticeWeb
) -> None:
    (link,) = gone(web, 1)
    web.archive.keep(link.url, link.picture(), TAKEN)
    terminal.says(*COMMAND, "--wayback")
    before = records(terminal)
    meta = terminal.json("load", f"imagenet-{WNID}:dataset:1")["dict"]
    journal = terminal.repository() / "imagenet" / WNID / "journal" / "0.jsonl"
    journal.write_text("".join(journal.read_text().splitlines(keepends=True)[:-1]))
    terminal.says("check", "imagenet", "--repair")
    assert records(terminal) == before
    assert terminal.json("load", f"imagenet-{WNID}:dataset:1")["dict"] == meta
    assert meta["imagenet"]["captured"]


@pytest.mark.every_python
def test_a_picture_that_is_gone_comes_from_a_capture_and_is_marked(
    terminal: Terminal, web: PracticeWeb
) -> None:
    (link,) = gone(web, 9981)
    web.archive.keep(link.url, link.picture(), TAKEN)
    web.archive.keep(link.url, b"", "20210101000000")
    assert terminal.says(*COMMAND, "--wayback") == (
        f"{WNID}  tench, Tinca tinca\n"
        "  1 picture here (1 from the Wayback Machine), 1 link known, 1 saved now\n"
    )
    assert terminal.pictures() == {f"{WNID}_9981.jpg": link.picture()}
    own = terminal.json("load", f"imagenet-{WNID}:dataset:9981")["dict"]["imagenet"]
    assert (own["source"], own["url"]) == ("wayback", link.url)
    assert own["final_url"] == capture_address(web, link)
    assert own["captured"] == "2010-05-21T12:34:56Z"


def test_every_other_picture_is_marked_as_from_its_own_host(
    terminal: Terminal, web: PracticeWeb
) -> None:
    web.set_links(WNID, [web.link(WNID, 1, "good")])
    terminal.says(*COMMAND, "--wayback")
    own = terminal.json("load", f"imagenet-{WNID}:dataset:1")["dict"]["imagenet"]
    assert own["source"].startswith(web.service)
    assert "captured" not in own


def test_captures_are_judged_as_any_picture_and_what_they_are_is_asked_once(
    terminal: Terminal, web: PracticeWeb
) -> None:
    links = gone(web, *range(5))
    web.archive.keep(links[1].url, b"<html>parked</html>")
    flickr = "https://s.yimg.com/pw/images/en-us/photo_unavailable.png"
    web.archive.keep(links[2].url, status=302, location=flickr)
    web.archive.keep(links[3].url, links[3].picture()[:200])
    web.archive.keep(links[4].url, b"was gone then too", status=404)
    result = terminal.json(*COMMAND, "--wayback")["synsets"][0]
    assert (result["here"], result["failed"], result["for_wayback"]) == (0, {"gone": 5}, 0)
    said = [str(records(terminal)[link.url]["wayback"]).partition(":")[0] for link in links]
    assert said == ["gone", "not-a-picture", "placeholder", "truncated", "gone"]
    web.requests.clear()
    assert "Wayback" not in terminal.says(*COMMAND, "--wayback")
    assert len(web.requests) == 0


def test_a_placeholder_that_was_archived_several_times_is_one(
    terminal: Terminal, web: PracticeWeb
) -> None:
    for link in gone(web, *range(3)):
        web.archive.keep(link.url, pictures.unlisted_placeholder())
    result = terminal.json(*COMMAND, "--wayback")["synsets"][0]
    assert (result["here"], result["failed"]) == (0, {"placeholder": 3})
    assert result["for_wayback"] == 0


def test_what_has_been_asked_is_asked_again_when_all_is(
    terminal: Terminal, web: PracticeWeb
) -> None:
    (link,) = gone(web, 1)
    terminal.says(*COMMAND, "--wayback")
    web.archive.keep(link.url, link.picture())
    terminal.says(*COMMAND, "--wayback", "--retry-failed=all")
    assert terminal.pictures() == {f"{WNID}_1.jpg": link.picture()}


def test_the_same_picture_from_two_captures_is_kept_once(
    terminal: Terminal, web: PracticeWeb
) -> None:
    links = gone(web, 1, 2)
    for link in links:
        web.archive.keep(link.url, links[0].picture())
    result = terminal.json(*COMMAND, "--wayback")["synsets"][0]
    assert (result["here"], result["failed"]) == (1, {"duplicate": 1})
    assert result["from_wayback"] == 1


@pytest.mark.parametrize(
    ("date", "taken"), [("2010", "2010"), ("2014-01", "2014"), ("2019", "2018")]
)
def test_the_capture_nearest_to_the_date_is_taken(
    terminal: Terminal, web: PracticeWeb, date: str, taken: str
) -> None:
    (link,) = gone(web, 5)
    shown = {year: pictures.picture(f"/{year}.jpg") for year in ("2010", "2014", "2018")}
    for year, picture in shown.items():
        web.archive.keep(link.url, picture, f"{year}0301000000")
    terminal.environment["CK_IMAGENET_WAYBACK_DATE"] = date
    terminal.says(*COMMAND, "--wayback")
    assert list(terminal.pictures().values()) == [shown[taken]]


def test_awkward_urls_are_asked_for_as_their_hosts_are(
    terminal: Terminal, web: PracticeWeb
) -> None:
    urls = [
        web.url(0, f"/gone/{name}.jpg") for name in ("a,b", "c d", "e%20f", "g\xe9", "h?i=1&j=")
    ]
    lines = "".join(f"{WNID}_{number} {url}\n" for number, url in enumerate(urls))
    (terminal.folder / "list").write_bytes(lines.encode("latin-1"))
    for number, url in enumerate(urls):
        web.archive.keep(url, pictures.picture(f"/{number}.jpg"))
    result = terminal.json("download", "imagenet", "--urls=list", "--wayback")["synsets"][0]
    assert result["from_wayback"] == 5


def test_a_throttling_archive_is_heeded(terminal: Terminal, web: PracticeWeb) -> None:
    links = gone(web, *range(5))
    for link in links:
        web.archive.keep(link.url, link.picture(), "20100101000000")
    web.archive.be_patient(Patience(requests=2, rest=1))
    result = terminal.json(*COMMAND, "--wayback", "--jobs=20")["synsets"][0]
    assert (result["from_wayback"], result["wayback_trouble"]) == (5, "")
    assert web.archive.heedless == 0


def requests_of(web: PracticeWeb) -> list[float]:
    """Return when each request came to the archive."""
    return [each.when for each in web.requests.all() if f"http://{each.host}" == web.wayback]


def test_no_more_than_eight_requests_a_second_come_to_it(
    terminal: Terminal, web: PracticeWeb
) -> None:
    links = gone(web, *range(8))
    for link in links:
        web.archive.keep(link.url, link.picture(), "20100101000001")
    web.archive.latency = 0.3
    assert terminal.json(*COMMAND, "--wayback", "--jobs=20")["synsets"][0]["from_wayback"] == 8
    asked = requests_of(web)
    assert len(asked) == 16
    # Not one after the other either, of which each would take its time.
    assert 1 / 0.3 < 15 / (asked[-1] - asked[0]) <= 8.2


def test_what_was_captured_when_it_failed_is_news_of_the_link_alone(
    terminal: Terminal, web: PracticeWeb
) -> None:
    statuses = (429, 503, 500, 403, 404, 420, 502, 504)
    links = gone(web, *range(12))
    for link, status in zip(links, statuses):
        web.archive.keep(link.url, b"not then", TAKEN, status=status)
    for link in links[8:]:
        web.archive.keep(link.url, link.picture(), TAKEN)
    begun = time.monotonic()
    result = terminal.json(*COMMAND, "--wayback")["synsets"][0]
    assert time.monotonic() - begun < 30  # of which nothing is a rest
    told = (result["from_wayback"], result["for_wayback"], result["wayback_trouble"])
    assert told == (4, 0, "")
    said = [records(terminal)[link.url]["wayback"] for link in links[:8]]
    words = {403: "forbidden", 404: "gone"}
    assert said == [
        f"{words.get(status, 'http-error')}: {status} when it was captured" for status in statuses
    ]
    assert len(asked_there(web)) == 24


def test_its_own_errors_pass(terminal: Terminal, web: PracticeWeb) -> None:
    links = gone(web, *range(4))
    for times, link in enumerate(links):
        web.archive.keep(link.url, link.picture(), TAKEN, errors=times)
    begun = time.monotonic()
    result = terminal.json(*COMMAND, "--wayback", "--retry=2")["synsets"][0]
    assert time.monotonic() - begun < 30
    assert (result["from_wayback"], result["for_wayback"]) == (3, 1)
    assert result["wayback_trouble"].startswith("server-error: 504")
    assert terminal.json(*COMMAND, "--wayback")["synsets"][0]["from_wayback"] == 4


def test_captures_are_read_however_they_are_given(terminal: Terminal, web: PracticeWeb) -> None:
    links = gone(web, *range(len(FORMS)))
    for form, link in zip(FORMS, links):
        web.archive.keep(link.url, link.picture(), TAKEN, form=form)
    result = terminal.json(*COMMAND, "--wayback", "--retry=1")["synsets"][0]
    assert (result["for_wayback"], result["wayback_trouble"]) == (0, "")
    told = records(terminal)
    found = {
        form: str(told[link.url].get("wayback", told[link.url]["outcome"])).partition(":")[0]
        for form, link in zip(FORMS, links)
    }
    assert found == {form: each.outcome for form, each in FORMS.items()}
    kept = terminal.pictures()
    for form, link in zip(FORMS, links):
        if FORMS[form].outcome == "saved":
            assert kept[f"{link.name}.jpg"] == link.picture()
            assert told[link.url]["captured"] == "2010-05-21T12:34:56Z"
            assert told[link.url]["final_url"] == capture_address(web, link)


def test_an_archived_redirect_to_itself_is_followed_to_what_came_a_day_later(
    terminal: Terminal, web: PracticeWeb
) -> None:
    for link in gone(web, 1, 2):
        web.archive.keep(link.url, b"", "20100521000000", status=302, location=link.url)
        web.archive.keep(link.url, b"", "20100522000000", status=302, location=link.url)
    first, second = web.links(WNID)
    web.archive.keep(first.url, first.picture(), "20100523000000")
    result = terminal.json(*COMMAND, "--wayback")["synsets"][0]
    assert (result["from_wayback"], result["for_wayback"]) == (1, 0)
    assert records(terminal)[first.url]["captured"] == "2010-05-23T00:00:00Z"
    # Of the other nothing else was ever captured: a circle.
    assert str(records(terminal)[second.url]["wayback"]).startswith("redirects: ")


def test_an_archived_redirect_leads_to_the_capture_of_its_target(
    terminal: Terminal, web: PracticeWeb
) -> None:
    links = gone(web, *range(3))
    for link, form in zip(links, ("absolute", "no-scheme", "other-scheme")):
        target = f"http://moved.example/{link.name}.jpg"
        web.archive.keep(link.url, b"", TAKEN, status=301, location=target, form=form)
        web.archive.keep(target, link.picture(), "20100522000000", form=form)
    assert terminal.json(*COMMAND, "--wayback")["synsets"][0]["from_wayback"] == 3


def test_links_that_lead_to_it_share_its_pace(terminal: Terminal, web: PracticeWeb) -> None:
    for number in range(10):
        web.archive.keep(f"http://gone.example/{number}.jpg", pictures.picture(f"/{number}.jpg"))
    addresses = [
        f"{web.wayback}/web/2010{n:02}01000000id_/http://gone.example/{n - 1}.jpg"
        for n in range(1, 11)
    ]
    (terminal.folder / "list.txt").write_text("\n".join(addresses) + "\n")
    done = terminal.json(*COMMAND, "--urls=list.txt", "--processes=2")["synsets"][0]
    asked = requests_of(web)
    assert (done["here"], len(asked)) == (10, 20)
    assert 19 / (asked[-1] - asked[0]) <= 8.2


def test_lists_and_pictures_of_one_run_share_its_pace(terminal: Terminal) -> None:
    with PracticeWeb(alive=(), captured=["older-mapping"], wnids=(WNID, DALMATIAN)) as web:
        terminal.environment.update(web.environment())
        terminal.says("download", f"imagenet:{WNID},{DALMATIAN}", "--wayback", "--jobs=8")
        asked = requests_of(web)
    assert sum("geturls" in each.path for each in web.requests.all()) >= 4
    gaps = [later - earlier for earlier, later in zip(asked, asked[1:])]
    assert (len(asked) - 1) / (asked[-1] - asked[0]) <= 8.2
    assert sorted(gaps)[len(gaps) // 2] > 0.1


def test_a_rest_that_takes_a_while_is_told_of(terminal: Terminal, web: PracticeWeb) -> None:
    for link in gone(web, *range(3)):
        web.archive.keep(link.url, link.picture())
    web.archive.be_patient(Patience(requests=3, rest=6))
    done = terminal.ck(*COMMAND, "--wayback")
    assert "3 pictures here (3 from the Wayback Machine)" in done.stdout
    assert done.stderr == f"{web.wayback[7:]} asks you to come back later; 2 links left\n"
    assert web.archive.heedless == 0


def test_an_archive_that_wants_to_be_left_alone_is_and_the_next_run_goes_on(
    terminal: Terminal, web: PracticeWeb
) -> None:
    links = gone(web, *range(4))
    web.archive.keep(links[0].url, links[0].picture(), "20100101000000")
    web.archive.be_patient(Patience(requests=1, rest=3600))
    said = terminal.says(*COMMAND, "--wayback")
    assert said.endswith(
        "  The Wayback Machine has not been asked for 3 of these "
        "(busy: 429, come back in 3600 s): "
        "the same command goes on, later\n"
    )
    assert (len(asked_there(web)), web.archive.heedless) == (2, 0)
    web.archive.be_patient(Patience())
    web.requests.clear()
    terminal.says(*COMMAND, "--wayback")
    assert sorted(asked_there(web)) == sorted(link.url for link in links[1:])


def test_its_wish_to_be_left_alone_holds_for_all_synsets_of_a_run(
    terminal: Terminal, web: PracticeWeb
) -> None:
    web.set_links(WNID, [web.link(WNID, 1, "gone")])
    web.set_links(DALMATIAN, [web.link(DALMATIAN, 2, "gone"), web.link(DALMATIAN, 3, "good")])
    web.archive.be_patient(Patience(requests=0, rest=3600))
    done = terminal.json("download", f"imagenet:{WNID},{DALMATIAN}", "--wayback")["synsets"]
    assert [synset["for_wayback"] for synset in done] == [1, 1]
    told = [synset["wayback_trouble"] for synset in done]
    assert told == ["busy: 429, come back in 3600 s"] * 2
    assert (len(asked_there(web)), web.archive.heedless) == (1, 0)
    assert len(terminal.pictures(DALMATIAN)) == 1


def test_a_short_rest_lasts_into_the_next_synset(terminal: Terminal, web: PracticeWeb) -> None:
    for wnid in (WNID, DALMATIAN):
        link = web.link(wnid, 1, "gone")
        web.set_links(wnid, [link])
        web.archive.keep(link.url, link.picture(), "20100101000000")
    web.archive.be_patient(Patience(requests=1, rest=2))
    both = ("download", f"imagenet:{WNID},{DALMATIAN}", "--wayback")
    assert [each["from_wayback"] for each in terminal.json(*both)["synsets"]] == [1, 1]
    assert web.archive.heedless == 0


def test_an_archive_that_is_down_costs_nothing_but_a_sentence(
    terminal: Terminal, web: PracticeWeb
) -> None:
    gone(web, *range(3))
    down = f"--wayback-service=http://{web.refusing}"
    said = terminal.says(*COMMAND, "--wayback", down)
    assert "  The Wayback Machine has not been asked for 3 of these (refused: " in said
    assert all("wayback" not in record for record in records(terminal).values())


def test_an_archive_that_is_down_costs_many_synsets_no_more_than_one(
    terminal: Terminal, web: PracticeWeb
) -> None:
    wnids = [synset.wnid for synset in synsets.load().synsets[:12]]
    for wnid in wnids:
        web.set_links(wnid, [web.link(wnid, 1, "gone"), web.link(wnid, 2, "good")])
    down = f"--wayback-service=http://{web.refusing}"
    command = ("download", f"imagenet:{','.join(wnids)}", "--wayback", down)
    done = terminal.json(*command)["synsets"]
    assert [(each["here"], each["for_wayback"]) for each in done] == [(1, 1)] * len(wnids)
    said = {each["wayback_trouble"].partition(":")[0] for each in done}
    assert {"refused"} <= said <= {"refused", "host-down"}


def test_a_name_that_does_not_exist_says_nothing_of_the_links(
    terminal: Terminal, web: PracticeWeb
) -> None:
    gone(web, 1)
    nowhere = ("--wayback-service=http://nowhere.example", "--resolve=nowhere.example:none")
    said = terminal.says(*COMMAND, "--wayback", *nowhere)
    assert "has not been asked for 1 of these (no-such-host: " in said


def test_an_interrupted_run_goes_on_where_it_stopped(terminal: Terminal, web: PracticeWeb) -> None:
    links = gone(web, *range(6))
    for link in links[::2]:
        web.archive.keep(link.url, link.picture(), "20100101000000")
    process = terminal.start(*COMMAND, "--wayback")
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and len(terminal.pictures()) < 2:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == 130
    done = {url for url, record in records(terminal).items() if "wayback" in str(record)}
    assert 0 < len(done) < 6
    web.requests.clear()
    result = terminal.json(*COMMAND, "--wayback")["synsets"][0]
    assert result["from_wayback"] == 3
    assert set(asked_there(web)) == {link.url for link in links} - done


def test_no_more_are_asked_for_than_are_wanted(terminal: Terminal, web: PracticeWeb) -> None:
    links = gone(web, *range(4))
    for link in links:
        web.archive.keep(link.url, link.picture(), "20100101000000")
    for _ in range(2):
        said = terminal.says(*COMMAND, "--wayback", "--max-images=1")
        assert "1 picture here (1 from the Wayback Machine)" in said
        assert said.count("Wayback") == 1
    assert len(set(asked_there(web))) < 4


def test_plain_folders_get_captures_too(terminal: Terminal, web: PracticeWeb) -> None:
    (link,) = gone(web, 7)
    web.archive.keep(link.url, link.picture())
    terminal.says(*COMMAND, "--wayback", "--outdir=out")
    assert (terminal.folder / "out" / WNID / Path(f"{WNID}_7.jpg")).read_bytes() == link.picture()


def test_verbose_tells_what_the_archive_said(terminal: Terminal, web: PracticeWeb) -> None:
    (link,) = gone(web, 3)
    done = terminal.ck(*COMMAND, "--wayback", "--verbose")
    assert done.stderr == (
        f"{WNID}_3  gone  {link.url} (404)\n"
        f"{WNID}_3  gone  {link.url} (404; Wayback Machine: gone: never captured)\n"
    )


FORGED = "/web/19990101000000/http://x/"


def test_no_other_host_can_make_a_picture_look_like_a_capture(
    terminal: Terminal, web: PracticeWeb
) -> None:
    with hosted({FORGED: pictures.picture("/a.jpg"), "/a.jpg": FORGED}) as other:
        (terminal.folder / "list.txt").write_text(f"{other}/a.jpg\n{other}{FORGED}\n")
        said = terminal.says(*COMMAND, "--urls=list.txt", "--outdir=plain", "--wayback")
    assert "1 picture here" in said
    assert "from the Wayback Machine" not in said
    journal = (terminal.folder / "plain" / WNID / ".ck-imagenet").rglob("*.jsonl")
    assert "captured" not in "".join(path.read_text() for path in journal)


def test_an_archive_that_redirects_to_another_host_gives_nothing(
    terminal: Terminal, web: PracticeWeb
) -> None:
    (link,) = gone(web, 1)
    with hosted({FORGED: link.picture()}) as other:
        asked = f"/web/20100101000000id_/{link.url}"
        with hosted({asked: f"{other}{FORGED}"}) as archive:
            result = terminal.json(*COMMAND, "--wayback", f"--wayback-service={archive}")
    assert (result["synsets"][0]["here"], result["synsets"][0]["failed"]) == (0, {"gone": 1})
    said = str(records(terminal)[link.url]["wayback"])
    assert said == f"redirects: {other}{FORGED}"
