"""Pictures from tars as a user gets them: of his own, and of ImageNet's release of winter 2021."""

from __future__ import annotations

import gzip
import json
import random
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from ck_imagenet_practice import Link, PracticeWeb, pictures
from tarballs import END, file, header, tar
from terminal import WNID, Terminal

DALMATIAN = "n02110341"
WINTER21 = ("download", "imagenet", "--source=winter21", "--accept-terms")


def picture(number: int, wnid: str = WNID) -> bytes:
    return pictures.picture(f"/tar/{wnid}_{number}.jpg")


def class_tar(*numbers: int, wnid: str = WNID) -> bytes:
    """Return the tar of a class as ImageNet writes it."""
    return tar({b"%s_%d.JPEG" % (wnid.encode(), n): picture(n, wnid) for n in numbers})


def named(*numbers: int, wnid: str = WNID) -> dict[str, bytes]:
    """Return the files that such a tar leaves."""
    return {f"{wnid}_{number}.jpg": picture(number, wnid) for number in numbers}


def put(terminal: Terminal, data: bytes, name: str = f"{WNID}.tar") -> str:
    """Put a tar where the user is, and return the option that names it."""
    (terminal.folder / name).write_bytes(data)
    return f"--tar={name}"


def unpacked(terminal: Terminal, *arguments: str) -> dict[str, Any]:
    """Return what a download from a tar of one synset says."""
    (done,) = terminal.json("download", "imagenet", *arguments)["synsets"]
    return dict(done)


def loaded(terminal: Terminal, number: int, wnid: str = WNID) -> dict[str, Any]:
    return dict(terminal.json("load", f"imagenet-{wnid}:dataset:{number}")["dict"])


def journal(terminal: Terminal, wnid: str = WNID) -> list[dict[str, Any]]:
    path = terminal.repository(wnid) / "imagenet" / wnid / "journal" / "0.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()[1:]]


class TestOwn:
    """Tars that the user has."""

    @pytest.mark.every_python
    def test_the_members_become_entries_under_their_numbers(self, terminal: Terminal) -> None:
        option = put(terminal, class_tar(9981, 3))
        assert terminal.says("download", "imagenet", option) == (
            f"{WNID}  tench, Tinca tinca\n  2 pictures here, 2 in {WNID}.tar, 2 saved now\n"
        )
        assert terminal.pictures() == named(9981, 3)
        meta = loaded(terminal, 9981)
        assert meta["tags"] == ["imagenet", WNID, "9981", "dataset", "image", "jpeg", "jpg"]
        assert meta["imagenet"]["source"] == f"{WNID}.tar"
        found = terminal.says("search", "dataset:*", f"--tags=imagenet,{WNID},9981")
        assert found == f"imagenet-{WNID}:dataset:9981\n"

    def test_a_second_time_nothing_is_written(self, terminal: Terminal) -> None:
        members = {b"n01440764_1.JPEG": picture(1), b"n01440764_2.JPEG": picture(1)}
        option = put(terminal, tar({**members, b"n01440764_3.JPEG": b"no picture"}))
        first = unpacked(terminal, option)
        before = {path: path.stat().st_mtime_ns for path in terminal.repository().rglob("*[!k]")}
        again = unpacked(terminal, option)
        assert (first["saved"], again["saved"]) == (1, 0)
        assert again == {**first, "saved": 0}
        assert before == {path: path.stat().st_mtime_ns for path in before}

    def test_a_packed_tar_through_a_pipe_into_a_folder(self, terminal: Terminal) -> None:
        put(terminal, gzip.compress(class_tar(5, 8)), "tar.gz")
        with (terminal.folder / "tar.gz").open("rb") as stream, subprocess.Popen(
            ["cat"], stdin=stream, stdout=subprocess.PIPE
        ) as cat:
            command = ("download", "imagenet", "--tar=/dev/stdin", "--outdir=out")
            terminal.says(*command, stdin=cat.stdout)
        folder = terminal.folder / "out" / WNID
        assert {path.name: path.read_bytes() for path in folder.glob("[!.]*")} == named(5, 8)
        assert not terminal.repository().exists()

    def test_of_the_training_tar_each_class_or_those_that_are_named(
        self, terminal: Terminal
    ) -> None:
        outer = {f"{wnid}.tar".encode(): class_tar(1, 2, wnid=wnid) for wnid in (WNID, DALMATIAN)}
        option = put(terminal, tar(outer), "ILSVRC2012_img_train.tar")
        terminal.says("download", "imagenet", option, f"--wnid={DALMATIAN}")
        assert terminal.pictures(DALMATIAN) == named(1, 2, wnid=DALMATIAN)
        assert not terminal.repository(WNID).exists()
        done = terminal.json("download", "imagenet", option)["synsets"]
        assert [(each["wnid"], each["members"], each["saved"]) for each in done] == [
            (WNID, 2, 2),
            (DALMATIAN, 2, 0),
        ]
        assert terminal.pictures() == named(1, 2)

    def test_one_tar_a_class_by_a_pattern(self, terminal: Terminal) -> None:
        for wnid in (WNID, DALMATIAN):
            put(terminal, class_tar(7, wnid=wnid), f"{wnid}.tar")
        terminal.says("download", f"imagenet:{WNID},{DALMATIAN}", "--tar={wnid}.tar")
        assert terminal.pictures() == named(7)
        assert terminal.pictures(DALMATIAN) == named(7, wnid=DALMATIAN)

    @pytest.mark.parametrize("most", [1, 2, 3])
    def test_so_many_pictures_and_no_more(self, terminal: Terminal, most: int) -> None:
        same = {b"n01440764_1.JPEG": picture(1), b"n01440764_2.JPEG": picture(1)}
        data = tar(same)[: -len(END)] + class_tar(3, 4, 5)
        option = put(terminal, data)
        assert unpacked(terminal, option, f"--max-images={most}")["here"] == most
        assert sorted(terminal.pictures()) == sorted(named(1, 3, 4))[:most]
        assert unpacked(terminal, option, "--max-images=3")["here"] == 3

    def test_what_is_hostile_harms_nothing_and_is_named(self, terminal: Terminal) -> None:
        data = b"".join(
            [
                file(b"../n01440764_1.JPEG", picture(1)),
                file(b"/tmp/n01440764_1.JPEG", picture(1)),
                *(file(b"link%d.JPEG" % n, kind=b"2") for n in range(5)),
                header(b"n01440764_3.JPEG", 40 * 2**20) + bytes(40 * 2**20),
                file(b"n02110341_3.JPEG", picture(3)),
                file(b"n01440764_4.JPEG", b"<html>gone</html>"),
                file(b"n01440764_5.JPEG", picture(5)),
                file(b"n01440764_6.JPEG", picture(5)),
                b"garbage!" * 64,
                file(b"n01440764_7.JPEG", picture(7)),
                file(b"\x1b[2J.JPEG"),
                file(b"n01440764_8.JPEG", picture(8))[:-4096],
            ]
        )
        said = terminal.says("download", "imagenet", put(terminal, data))
        assert said == (
            f"{WNID}  tench, Tinca tinca\n"
            f"  2 pictures here, 5 in {WNID}.tar, 2 saved now\n"
            "      1  not-a-picture   a web page or other text instead of a picture\n"
            "      1  duplicate       the same picture is here under another number\n"
            "      5  link            it is a link: link0.JPEG, link1.JPEG, link2.JPEG, …\n"
            "      2  outside         its path leads out of the folder: "
            "../n01440764_1.JPEG, /tmp/n01440764_1.JPEG\n"
            "      1  too-large       it is larger than any picture of ImageNet: "
            "n01440764_3.JPEG\n"
            "      1  other-synset    it belongs to another synset: n02110341_3.JPEG\n"
            f"      1  garbage         these bytes are not a tar: {WNID}.tar\n"
            "      1  other-name      its name is not like the names of ImageNet's pictures: "
            "\\x1b[2J.JPEG\n"
            "      1  cut             it is incomplete: it ends too early: n01440764_8.JPEG\n"
        )
        assert terminal.pictures() == named(5, 7)
        outside = [terminal.folder / "n01440764_1.JPEG", Path("/tmp/n01440764_1.JPEG")]  # noqa: S108
        assert not any(path.exists() for path in outside)

    def test_two_members_of_one_number_do_not_pass_for_one(self, terminal: Terminal) -> None:
        data = b"".join(
            [
                file(b"n01440764_5.JPEG", b"broken"),
                file(b"n01440764_5.JPEG", picture(5)),
                file(b"n01440764_6.JPEG", picture(6)),
                file(b"n02110341_6.JPEG", picture(7, DALMATIAN)),
                file(b"n01440764_6.JPEG", picture(8)),
                file(b"n01440764_6.JPEG", picture(6)),
                file(b"n01440764_6.JPEG", b"broken"),
                END,
            ]
        )
        option = put(terminal, data, "both.tar")
        first, _ = terminal.json("download", "imagenet", option)["synsets"]
        assert (first["members"], first["saved"], first["odd"]) == (6, 2, {"same-number": 1})
        assert first["failed"] == {"not-a-picture": 2, "duplicate": 1}
        assert terminal.pictures() == named(5, 6)
        again = terminal.says("download", "imagenet", option)
        assert (
            "      1  same-number     another picture has the same number: n01440764_6\n"
        ) in again

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (["--tar=no.tar"], '"no.tar" cannot be read: No such file'),
            (["--from=bare"], 'the folder "bare" has no picture of ImageNet'),
            (
                ["--from=page", "--tar=page"],
                "--from and --tar are the same: give one",
            ),
            (["--from=x-{0..1}.tar"], '"x-0.tar" cannot be read: No such file'),
            (["--from=x-*.tar"], 'there is no file "x-*.tar"'),
            (["--from={0..999999}{0..9}"], "means more than 100,000 parts"),
            (["--from={x}"], '"{x}": write {0000..1023} or {train,val} in braces, or {wnid}'),
            (["--tar={wnid}.tar"], '"{wnid}.tar" needs a wnid: add --wnid=W'),
            (["--tar={wnid}.tar", f"--wnid={WNID}"], f'"{WNID}.tar" cannot be read'),
            (["--tar=page"], 'the tar "page" has no picture of ImageNet: these bytes are not a'),
            (
                ["--tar=n02110341.tar"],
                f'"{DALMATIAN}.tar" has no picture of {DALMATIAN}: it belongs',
            ),
            (["--tar=/dev/null"], 'the tar "/dev/null" is empty'),
            (["--tar=empty", f"--wnid={WNID}"], f'"empty" has no picture of {WNID}'),
            (["--tar=page", "--urls=page"], "--from and --urls cannot be used together"),
            (["--tar=page", "--offset=5"], "--from and --offset cannot be used together"),
            (["--tar=page", "--dry-run"], "--from and --dry-run cannot be used together"),
            (["--tar=page", "--source=winter21"], "--from and --source cannot be used together"),
            (["--source=winter22"], '--source="winter22": did you mean --source=winter21?'),
            (["--source=winter21"], "which synset? Write --wnid=n01440764 --source=winter21"),
            (
                ["--source=winter21", f"--wnid={WNID}", "--winter21=http://a/"],
                '--winter21="http://a/" is not a URL with {wnid} in it',
            ),
        ],
    )
    def test_what_cannot_be_is_refused_in_a_sentence_and_nothing_is_made(
        self, terminal: Terminal, arguments: list[str], sentence: str
    ) -> None:
        put(terminal, b"<html></html>" * 100, "page")
        put(terminal, class_tar(1), f"{DALMATIAN}.tar")
        put(terminal, END, "empty")
        (terminal.folder / "bare").mkdir()
        assert sentence in terminal.refuses("download", "imagenet", *arguments)
        assert not list(terminal.repos.glob("imagenet-*"))

    def test_a_run_that_is_killed_at_any_moment_is_mended_by_the_next(
        self, terminal: Terminal
    ) -> None:
        option = put(terminal, class_tar(*range(40)))
        chance = random.Random(3)
        for _ in range(6):
            process = terminal.start("download", "imagenet", option)
            with suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=chance.uniform(0.02, 0.3))
            process.kill()
            process.communicate()
        assert unpacked(terminal, option)["here"] == 40
        assert terminal.pictures() == named(*range(40))
        assert len(journal(terminal)) == 40
        assert not list(terminal.repos.rglob(".new-*"))

    def test_of_two_runs_on_one_synset_the_second_waits(self, terminal: Terminal) -> None:
        option = put(terminal, class_tar(*range(60)))
        processes = [terminal.start("download", "imagenet", option) for _ in range(2)]
        outs = [process.communicate(timeout=60) for process in processes]
        assert [process.returncode for process in processes] == [0, 0]
        assert sorted("60 saved now" in out for out, _ in outs) == [False, True]
        assert len(journal(terminal)) == 60


class TestTogetherWithLinks:
    """No picture is fetched twice, and none is here under two numbers."""

    @staticmethod
    def links(web: PracticeWeb, *numbers: int, kind: str = "good") -> list[Link]:
        links = [web.link(WNID, number, kind) for number in numbers]
        web.set_links(WNID, links)
        return links

    def test_a_tar_brings_what_is_gone_and_what_comes_of_it_has_its_url(
        self, terminal: Terminal, web: PracticeWeb
    ) -> None:
        (link,) = self.links(web, 5, kind="gone")
        terminal.says("download", "imagenet", f"--wnid={WNID}")
        terminal.says("download", "imagenet", put(terminal, class_tar(5)))
        meta = loaded(terminal, 5)
        assert meta["imagenet"]["url"] == link.url
        assert link.url in meta["tags"]
        done = unpacked(terminal, f"--wnid={WNID}", "--retry-failed=all")
        assert (done["here"], done["to_fetch"], done["failed"]) == (1, 0, {})

    def test_a_download_after_it_asks_for_nothing_that_it_has_brought(
        self, terminal: Terminal, web: PracticeWeb
    ) -> None:
        known, other = self.links(web, 5, 8)
        terminal.says("download", "imagenet", put(terminal, class_tar(5, 6)))
        assert "url" not in loaded(terminal, 5)["imagenet"]
        listed = terminal.says("geturls", f"imagenet:{WNID}", "--mapping")
        assert listed == f"{WNID}_5\t{known.url}\n{WNID}_8\t{other.url}\n"
        dry = unpacked(terminal, f"--wnid={WNID}", "--dry-run")
        done = unpacked(terminal, f"--wnid={WNID}")
        assert (dry["to_fetch"], done["to_fetch"], done["here"]) == (1, 1, 3)
        asked = web.requests.counts()
        assert (asked[known.host, known.path], asked[other.host, other.path]) == (0, 1)
        assert sorted(terminal.pictures()) == [f"{WNID}_{number}.jpg" for number in (5, 6, 8)]
        meta = loaded(terminal, 5)
        assert (meta["imagenet"]["url"], known.url in meta["tags"]) == (known.url, True)
        assert meta["imagenet"]["source"] == f"{WNID}.tar"
        assert unpacked(terminal, f"--wnid={WNID}")["to_fetch"] == 0
        assert unpacked(terminal, put(terminal, class_tar(5, 6, 8)))["saved"] == 0

    def test_numbers_of_lines_do_not_stand_in_the_way_of_names(
        self, terminal: Terminal, web: PracticeWeb
    ) -> None:
        links = self.links(web, 1000, 2000, 3000)
        (terminal.folder / "list").write_text("".join(link.url + "\n" for link in links))
        terminal.says("download", "imagenet", f"--wnid={WNID}", "--urls=list")
        terminal.says("download", "imagenet", put(terminal, class_tar(2, 7)))
        here = terminal.pictures()
        assert len(here) == 5
        assert here[f"{WNID}_2.jpg"] == links[2].picture()
        assert here[f"{WNID}_7.jpg"] == picture(7)
        assert picture(2) in here.values()
        assert unpacked(terminal, put(terminal, class_tar(2, 7)))["saved"] == 0
        for number, link in enumerate(links):
            assert loaded(terminal, number)["imagenet"]["url"] == link.url

    def test_the_same_bytes_come_once(self, terminal: Terminal, web: PracticeWeb) -> None:
        (link,) = self.links(web, 9)
        terminal.says("download", "imagenet", f"--wnid={WNID}")
        data = tar({b"n01440764_10.JPEG": link.picture()})
        done = unpacked(terminal, put(terminal, data))
        assert (done["here"], done["failed"]) == (1, {"duplicate": 1})

    def test_a_double_comes_when_what_it_doubled_is_here_no_more(self, terminal: Terminal) -> None:
        same = {b"n01440764_1.JPEG": picture(1), b"n01440764_2.JPEG": picture(1)}
        terminal.says("download", "imagenet", put(terminal, tar(same)))
        terminal.says("rm", f"imagenet-{WNID}:dataset:1", "--force")
        only = tar({b"n01440764_2.JPEG": picture(1)})
        assert unpacked(terminal, put(terminal, only))["saved"] == 1

    def test_files_that_the_user_put_there_are_never_removed(
        self, terminal: Terminal, web: PracticeWeb
    ) -> None:
        self.links(web, 9)
        folder = terminal.folder / "out" / WNID
        folder.mkdir(parents=True)
        for number in (1, 2):
            (folder / f"{WNID}_{number}.jpg").write_bytes(picture(1))
        for _ in range(2):
            terminal.says("download", f"imagenet:{WNID}", "--outdir=out")
        assert len(list(folder.glob("*.jpg"))) == 3

    def test_a_member_that_is_no_picture_says_nothing_of_its_link(
        self, terminal: Terminal, web: PracticeWeb
    ) -> None:
        self.links(web, 5, 6)
        terminal.says("download", "imagenet", f"--wnid={WNID}", "--max-images=1")
        data = tar({b"n01440764_5.JPEG": b"broken", b"n01440764_6.JPEG": b"broken"})
        terminal.says("download", "imagenet", put(terminal, data))
        assert unpacked(terminal, f"--wnid={WNID}")["here"] == 2

    def test_pictures_without_a_url_are_in_no_list(self, terminal: Terminal) -> None:
        terminal.says("download", "imagenet", put(terminal, class_tar(5)))
        assert terminal.says("list", "imagenet", "--images") == ""
        assert terminal.says("list", "imagenet", "--downloaded-only") == f"{WNID}\n"


class TestWinter21:
    """ImageNet's own tars, one a synset."""

    def test_terms_come_first(self, terminal: Terminal, web: PracticeWeb) -> None:
        command = ("download", "imagenet", f"--wnid={WNID},{DALMATIAN}", "--source=winter21")
        said = terminal.asks(*command)
        assert "for non-commercial research and education only" in said
        assert "https://image-net.org/download" in said
        assert said.endswith(
            "\nDo you accept these terms?\n"
            f"If you agree to them, type: ck {' '.join(command)} --accept-terms\n"
            "or say so for all commands: export CK_IMAGENET_ACCEPT_TERMS=yes"
        )
        assert len(web.requests) == 0
        assert not list(terminal.repos.glob("imagenet-*"))

    def test_who_has_agreed_once_for_all_is_not_asked_again(
        self, terminal: Terminal, web: PracticeWeb
    ) -> None:
        command = ("download", "imagenet", f"--wnid={WNID}", "--source=winter21", "--max-images=1")
        variable = "CK_IMAGENET_ACCEPT_TERMS"
        always = f"\nor say so for all commands: export {variable}=yes"
        assert terminal.asks(*command).endswith(always)
        terminal.environment[variable] = "no"
        terminal.asks(*command)
        terminal.environment[variable] = "yes"
        assert "1 picture here" in terminal.says(*command)

    def test_who_agrees_to_them_types_no_more_than_before(self, terminal: Terminal) -> None:
        command = ("download", "imagenet", "--ilsvrc2012", "--yes", "--source=winter21")
        said = terminal.asks(*command, "--max-images=3")
        assert f": ck {' '.join(command)} --accept-terms --max-images=3\n" in said

    @pytest.mark.every_python
    def test_a_synset_comes_with_all_its_pictures_also_of_dead_links(
        self, terminal: Terminal, web: PracticeWeb
    ) -> None:
        terminal.says(*WINTER21, f"--wnid={WNID}")
        links = web.links(WNID)
        assert sorted(terminal.pictures().values()) == sorted(link.picture() for link in links)
        meta = loaded(terminal, 9981)
        assert meta["imagenet"]["source"] == web.tar_address(WNID)
        assert [asked.path for asked in web.requests.all()] == [f"/data/winter21_whole/{WNID}.tar"]

    def test_what_has_been_read_to_its_end_is_not_fetched_again_unless_a_picture_is_missing(
        self, terminal: Terminal, web: PracticeWeb
    ) -> None:
        web.winter21.set(WNID, tar=class_tar(1, 2))
        terminal.says(*WINTER21, f"--wnid={WNID}")
        assert terminal.says(*WINTER21, f"--wnid={WNID}") == (
            f"{WNID}  tench, Tinca tinca\n"
            f"  2 pictures here, {web.tar_address(WNID)} was not read: it has been read to its "
            "end before. To read it again, add --retry-failed\n"
        )
        assert len(web.requests) == 1
        terminal.says("rm", f"imagenet-{WNID}:dataset:2", "--force")
        assert unpacked(terminal, *WINTER21[2:], f"--wnid={WNID}")["saved"] == 1
        terminal.says(*WINTER21, f"--wnid={WNID}", "--retry-failed")
        assert len(web.requests) == 3

    def test_with_as_many_pictures_as_are_wanted_nobody_is_asked(
        self, terminal: Terminal, web: PracticeWeb
    ) -> None:
        web.winter21.set(WNID, tar=class_tar(1, 2, 3))
        command = (*WINTER21, f"--wnid={WNID}", "--max-images=2")
        terminal.says(*command)
        assert terminal.pictures() == named(1, 2)
        assert ("was not read: there are already as many pictures as you want") in terminal.says(
            *command
        )
        assert len(web.requests) == 1
        terminal.says(*WINTER21, f"--wnid={WNID}")
        assert terminal.pictures() == named(1, 2, 3)

    def test_a_synset_that_was_dropped_does_not_keep_the_others_waiting(
        self, terminal: Terminal, web: PracticeWeb
    ) -> None:
        web.winter21.set(WNID, "dropped")
        web.winter21.set(DALMATIAN, tar=class_tar(1, wnid=DALMATIAN))
        done = terminal.ck(*WINTER21, f"--wnid={WNID},{DALMATIAN}")
        assert done.returncode == 1
        assert (
            f"winter21 has no {WNID}: ImageNet dropped 2,674 of its 21,841 synsets from that "
            "release, or has moved this one since. Ask for its links: ck download imagenet "
            f"--wnid={WNID}"
        ) in done.stdout
        assert terminal.pictures(DALMATIAN) == named(1, wnid=DALMATIAN)
        assert not terminal.repository().exists()

    def test_of_many_that_were_dropped_only_the_first_are_told_of_at_length(
        self, terminal: Terminal
    ) -> None:
        said = terminal.refuses(*WINTER21, "--lower=360", "--upper=369").splitlines()
        assert [line.startswith("winter21 has no n0144") for line in said] == [True] * 3 + [False]
        assert said[3].startswith("nor is there one of 7 more: n01441910, n01442450, ")

    def test_an_answer_that_is_no_tar_does_not_either(
        self, terminal: Terminal, web: PracticeWeb
    ) -> None:
        web.winter21.set(WNID, tar=b"<!DOCTYPE html>\n<html><body>Please log in</body></html>" * 9)
        web.winter21.set(DALMATIAN, tar=class_tar(1, wnid=DALMATIAN))
        done = terminal.ck(*WINTER21, f"--wnid={WNID},{DALMATIAN}")
        address = web.tar_address(WNID)
        said = f'the tar "{address}" has no picture of {WNID}: these bytes are not a tar ('
        assert (done.returncode, said in done.stdout) == (1, True)
        assert terminal.pictures(DALMATIAN) == named(1, wnid=DALMATIAN)

    @pytest.mark.parametrize("manner", ["cut", "cut-whole", "busy"])
    def test_a_connection_that_breaks_is_made_again(
        self, terminal: Terminal, web: PracticeWeb, manner: str
    ) -> None:
        web.winter21.set(WNID, manner, class_tar(*range(20)))
        done = unpacked(terminal, *WINTER21[2:], f"--wnid={WNID}")
        assert (done["saved"], done["odd"]) == (20, {})
        asked = [request.headers.get("range", "") for request in web.requests.all()]
        assert asked[0] == ""
        assert asked[1].startswith("bytes=") == (manner != "busy")
        assert len(asked) == 2

    @pytest.mark.parametrize("manner", ["cut-always", "changed"])
    def test_what_came_before_it_broke_off_for_good_is_kept(
        self, terminal: Terminal, web: PracticeWeb, manner: str
    ) -> None:
        web.winter21.set(WNID, manner, class_tar(*range(20)))
        done = terminal.ck(*WINTER21, f"--wnid={WNID}", "--retry=1")
        assert done.returncode == 1
        assert f'the tar "{web.tar_address(WNID)}" broke off: ' in done.stdout
        assert 8 <= len(terminal.pictures()) <= 10
        web.winter21.set(WNID, "good")
        assert unpacked(terminal, *WINTER21[2:], f"--wnid={WNID}")["here"] == 20

    def test_an_interrupted_run_keeps_what_came_and_the_next_goes_on(
        self, terminal: Terminal, web: PracticeWeb
    ) -> None:
        web.winter21.set(WNID, "slow", class_tar(*range(40)))
        process = terminal.start(*WINTER21, f"--wnid={WNID}")
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and len(terminal.pictures()) < 3:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
        assert (process.returncode, out) == (130, "")
        saved = len(terminal.pictures())
        assert err == f"Stopped: {saved} saved. The same command goes on.\n"
        assert 3 <= len(terminal.pictures()) < 40
        web.winter21.set(WNID, "good")
        done = unpacked(terminal, *WINTER21[2:], f"--wnid={WNID}")
        assert (done["here"], terminal.pictures()) == (40, named(*range(40)))

    def test_a_host_that_is_down_is_not_asked_for_every_synset(
        self, terminal: Terminal, web: PracticeWeb
    ) -> None:
        address = f"--winter21=http://{web.refusing}/{{wnid}}.tar"
        said = terminal.refuses(*WINTER21, address, f"--wnid={WNID},{DALMATIAN}", "--retry=0")
        assert f'the tar "http://{web.refusing}/{WNID}.tar" cannot be downloaded: ' in said
        assert DALMATIAN not in said

    def test_who_asks_for_a_short_rest_is_waited_for(
        self, terminal: Terminal, web: PracticeWeb
    ) -> None:
        web.winter21.set(WNID, "busy", class_tar(1))
        done = terminal.ck(*WINTER21, f"--wnid={WNID}")
        assert (done.returncode, terminal.pictures()) == (0, named(1))
        address = web.tar_address(WNID)
        assert done.stderr == f"{address} asks to be left alone for 1 s; waiting\n"

    def test_who_asks_for_a_long_rest_is_left_alone_and_said_so(
        self, terminal: Terminal, web: PracticeWeb
    ) -> None:
        web.winter21.set(WNID, "resting")
        cause = (
            f'the tar "{web.tar_address(WNID)}" cannot be downloaded: the host asks you to come '
            "back later (429, come back in 3600 s). Type the same command later. "
        )
        assert terminal.refuses(*WINTER21, f"--wnid={WNID}") == (
            f"{cause}Its links may still work: ck download imagenet --wnid={WNID}"
        )
        assert terminal.refuses("download", "imagenet", f"--tar={web.tar_address(WNID)}") == (
            f"{cause}If you have the file: ck download imagenet --from=FILE"
        )
        assert len(web.requests) == 2

    def test_an_address_that_does_not_answer_leads_to_the_file(
        self, terminal: Terminal, web: PracticeWeb
    ) -> None:
        own = f"--tar=http://{web.refusing}/x.tar"
        said = terminal.refuses("download", "imagenet", own, "--retry=0")
        assert said.endswith(
            "). Type the same command later. If you have the file: ck download imagenet --from=FILE"
        )

    def test_its_address_is_trusted_and_nothing_else_is(
        self, terminal: Terminal, web: PracticeWeb
    ) -> None:
        del terminal.environment["CK_IMAGENET_ALLOW_PRIVATE"]
        web.winter21.set(WNID, tar=class_tar(1))
        terminal.says(*WINTER21, f"--wnid={WNID}")
        assert terminal.pictures() == named(1)

    def test_any_tar_may_have_an_address(self, terminal: Terminal, web: PracticeWeb) -> None:
        web.winter21.set(WNID, tar=gzip.compress(class_tar(1, 2)))
        done = unpacked(terminal, f"--tar={web.tar_address(WNID)}")
        assert (done["wnid"], done["saved"]) == (WNID, 2)
