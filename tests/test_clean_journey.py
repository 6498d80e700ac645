"""`ck clean imagenet` as a user types it: what goes, what stays, what comes back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import tarballs
from ck_imagenet_practice import Link, PracticeWeb
from killing import killed_before
from terminal import WNID, Terminal

CLEAN = ("clean", "imagenet", f"--wnid={WNID}")
DOWNLOAD = ("download", "imagenet", f"--wnid={WNID}", "--retry=0")
TITLE = f"{WNID}  tench, Tinca tinca"


@pytest.fixture
def links(terminal: Terminal, web: PracticeWeb) -> list[Link]:
    """The links of a synset that has been downloaded: 1 to 3, a mirror's, and one that is gone."""
    links = [
        *(web.link(WNID, number, "good") for number in (1, 2, 3)),
        web.link(WNID, 4, "gone"),
    ]
    web.set_links(WNID, links)
    terminal.says(*DOWNLOAD)
    web.requests.clear()
    return links


def answered(terminal: Terminal, answer: str, *arguments: str) -> str:
    """Return what a person sees who answers."""
    with terminal.screen(*arguments) as screen:
        screen.shows(lambda text: text.endswith("[y/N]"))
        screen.type(answer)
        assert screen.ends() == 0
        return screen.text


def names(terminal: Terminal) -> list[str]:
    return sorted(terminal.pictures())


def asked(web: PracticeWeb, links: list[Link]) -> set[str]:
    """Return the names of the links that have been asked for."""
    counts = web.requests.counts()
    return {link.name for link in links if (link.host, link.path) in counts}


def test_it_shows_what_will_go_and_asks(terminal: Terminal, links: list[Link]) -> None:
    size = round(sum(map(len, terminal.pictures().values())) / 1000)
    plan = (
        f"{TITLE}\n"
        f"      3  pictures, {size} kB with all files\n"
        "      3  links that the next download asks for again\n"
    )
    question = f"{plan}Remove this? [y/N]"
    assert terminal.says(*CLEAN, "--dry-run") == plan
    for no in ("n\n", "\n", "\x04"):
        assert answered(terminal, no, *CLEAN).endswith("\n  nothing has been removed")
        assert len(names(terminal)) == 3
    assert answered(terminal, "y\n", *CLEAN) == f"{question} y\n  done"
    assert names(terminal) == []
    assert terminal.says(*CLEAN) == f"{WNID}: nothing to remove\n"


def test_where_nobody_answers_nothing_goes(terminal: Terminal, links: list[Link]) -> None:
    said = terminal.ck(*CLEAN)
    assert (said.returncode, said.stdout.count("\n")) == (2, 3)
    assert said.stderr == ("Remove this?\nNobody can be asked here. To say yes, add --force\n")
    asked_nobody = terminal.access({"action": "clean", "module_uoa": "imagenet", "wnid": WNID})
    assert asked_nobody == {
        "return": 1,
        "error": "nobody can be asked here: add force, or dry_run to see what would be removed",
    }
    assert len(names(terminal)) == 3


def test_pictures_that_go_come_back_and_what_failed_is_not_asked_again(
    terminal: Terminal, web: PracticeWeb, links: list[Link]
) -> None:
    before = terminal.pictures()
    terminal.says(*CLEAN, "--force")
    assert terminal.says("check", "imagenet") == ""
    assert terminal.says("search", "dataset:*", f"--tags=imagenet,{WNID}") == ""
    assert terminal.json(*DOWNLOAD)["synsets"][0]["saved"] == 3
    assert terminal.pictures() == before
    assert asked(web, links) == {link.name for link in links[:3]}


@pytest.mark.every_python
def test_a_picture_that_is_rejected_never_comes_back(
    terminal: Terminal, web: PracticeWeb, links: list[Link]
) -> None:
    told = terminal.json(*CLEAN, "--number=1,3", "--force")["synsets"][0]
    assert (told["done"], told["pictures"], told["rejected"]) == (True, 2, 2)
    assert names(terminal) == [f"{WNID}_2.jpg"]
    assert terminal.says("check", "imagenet") == ""
    done = terminal.json(*DOWNLOAD, "--retry-failed=all", "--wayback")["synsets"][0]
    assert (done["here"], done["failed"]) == (1, {"rejected": 2, "gone": 1})
    assert asked(web, links) == {links[3].name}


def test_what_is_rejected_twice_is_said_to_be_so(terminal: Terminal, links: list[Link]) -> None:
    said = terminal.says(*CLEAN, "--number=1", "--force").splitlines()
    assert said[1].startswith("      1  picture, ")
    assert said[2:] == ["      1  link to be rejected: never asked again", "  done"]
    again = terminal.says(*CLEAN, "--number=1", "--force")
    assert again == f"{WNID}: rejected already, so there is nothing to remove\n"
    said = terminal.says(*CLEAN, "--number=1,2,3", "--force").splitlines()
    assert said[2:] == [
        "      2  links to be rejected: never asked again",
        "      1  link rejected already",
        "  done",
    ]


def test_all_says_that_it_forgets_rejections_too(terminal: Terminal, links: list[Link]) -> None:
    terminal.says(*CLEAN, "--number=1,3", "--force")
    said = terminal.says(*CLEAN, "--all", "--force")
    assert "      2  rejections forgotten: the next download asks for these again\n" in said
    terminal.says(*DOWNLOAD)
    assert len(names(terminal)) == 3


def test_the_bytes_of_a_rejected_picture_are_so_from_every_url(
    terminal: Terminal, web: PracticeWeb
) -> None:
    first, mirror = web.link(WNID, 1, "mirrored"), web.link(WNID, 2, "mirror")
    web.set_links(WNID, [first])
    terminal.says(*DOWNLOAD)
    terminal.says(*CLEAN, "--number=1", "--force")
    web.set_links(WNID, [first, mirror])
    done = terminal.json(*DOWNLOAD, "--refresh")["synsets"][0]
    assert (done["here"], done["failed"]) == (0, {"rejected": 2})


def test_a_rejected_picture_is_not_taken_from_a_tar(terminal: Terminal, links: list[Link]) -> None:
    members = {f"{link.name}.JPEG".encode(): link.picture() for link in links[:2]}
    (terminal.folder / "class.tar").write_bytes(tarballs.tar(members))
    terminal.says(*CLEAN, "--number=1,2", "--force")
    terminal.says("download", "imagenet", "--tar=class.tar")
    assert names(terminal) == [f"{WNID}_3.jpg"]


def test_a_picture_that_was_removed_before_it_is_rejected_does_not_come_back_from_elsewhere(
    terminal: Terminal, web: PracticeWeb
) -> None:
    first, mirror = web.link(WNID, 1, "mirrored"), web.link(WNID, 2, "mirror")
    web.set_links(WNID, [first])
    terminal.says(*DOWNLOAD)
    terminal.says(*CLEAN, "--force")
    terminal.says(*CLEAN, "--number=1", "--force")
    web.set_links(WNID, [first, mirror])
    done = terminal.json(*DOWNLOAD, "--refresh")["synsets"][0]
    assert (done["here"], done["failed"]) == (0, {"rejected": 2})


def test_an_entry_that_is_removed_with_ck_rm_comes_back(
    terminal: Terminal, links: list[Link]
) -> None:
    terminal.says("rm", f"imagenet-{WNID}:dataset:1", "--force")
    assert terminal.json(*DOWNLOAD)["synsets"][0]["saved"] == 1
    assert len(names(terminal)) == 3


def test_links_can_be_rejected_before_they_are_asked_and_when_they_have_failed(
    terminal: Terminal, web: PracticeWeb
) -> None:
    web.set_links(WNID, [web.link(WNID, number, "good") for number in (1, 2)])
    terminal.says(*DOWNLOAD, "--max-images=1")
    (here,) = names(terminal)
    other = "2" if here.endswith("_1.jpg") else "1"
    terminal.says(*CLEAN, f"--number={other}", "--force")
    done = terminal.json(*DOWNLOAD)["synsets"][0]
    assert (done["here"], done["to_fetch"]) == (1, 0)


def test_failures_that_are_forgotten_are_asked_again_but_not_what_is_rejected(
    terminal: Terminal, web: PracticeWeb, links: list[Link]
) -> None:
    terminal.says(*CLEAN, "--number=1", "--force")
    told = terminal.json(*CLEAN, "--failed", "--force")["synsets"][0]
    assert (told["forgotten"], told["pictures"]) == (1, 0)
    assert terminal.json(*DOWNLOAD)["synsets"][0]["failed"] == {"rejected": 1, "gone": 1}
    assert asked(web, links) == {links[3].name}


def test_all_leaves_nothing_and_ck_knows_nothing_of_it(
    terminal: Terminal, web: PracticeWeb, links: list[Link]
) -> None:
    said = terminal.says(*CLEAN, "--all", "--force")
    repository = terminal.repository()
    assert said.splitlines()[-2:] == [
        f"  and all that is known of them, with the folder {repository}",
        "  done",
    ]
    assert not repository.exists()
    assert f"imagenet-{WNID}" not in terminal.says("list", "repo", "--time_out=-1")
    local = terminal.repos / "local"
    assert not [path for path in local.rglob("*") if path.name.endswith(f"imagenet-{WNID}")]
    terminal.says("recache", "repo")
    assert f"imagenet-{WNID}" not in terminal.says("list", "repo", "--time_out=-1")
    assert terminal.says("status", "imagenet") == ""
    terminal.says(*DOWNLOAD)
    assert len(names(terminal)) == 3


STEPS = (0, 2, 12, 22, 27, 33, 38, 40)
"""Of some fifty that take two pictures and their repository away: a kill comes right before."""


@pytest.mark.parametrize("step", STEPS)
def test_all_that_was_killed_half_way_is_seen_and_the_same_command_goes_on(
    terminal: Terminal, web: PracticeWeb, step: int
) -> None:
    web.set_links(WNID, [web.link(WNID, number, "good") for number in (1, 2)])
    terminal.says(*DOWNLOAD)
    was_killed = killed_before(terminal, step, *CLEAN, "--all", "--force")
    is_whole = terminal.ck("check", "imagenet").returncode == 0
    here = bool(terminal.says("list", "imagenet", "--downloaded-only"))
    assert here == bool(terminal.pictures())
    assert here or not is_whole or not any(terminal.repository().glob("*/*"))
    if was_killed:  # else this Python takes fewer steps
        assert terminal.says(*CLEAN, "--all", "--force").endswith("  done\n")
    left = [path for path in terminal.repos.rglob("*") if path.name.endswith(WNID)]
    assert left == []
    terminal.says(*DOWNLOAD)
    assert len(names(terminal)) == 2


def test_all_that_was_killed_where_something_stays_goes_on_too(
    terminal: Terminal, links: list[Link]
) -> None:
    notes = terminal.repository() / "dataset" / "1" / "notes.txt"
    notes.write_text("mine")
    for step in (1, 5, 9, 14, 18):
        killed_before(terminal, step, *CLEAN, "--all", "--force")
    terminal.says(*CLEAN, "--all", "--force")
    assert notes.read_text() == "mine"
    assert list(terminal.repository().glob("imagenet/n*")) == []
    left = {path.name for path in (terminal.repository() / "dataset").rglob("*") if path.is_file()}
    ours = {"alias-a-1", "notes.txt", "meta.json", "info.json", "desc.json"}
    assert {name for name in left if "alias-u" not in name} == ours


def half_gone(terminal: Terminal) -> None:
    """Leave what a kill of an earlier version left: a folder that CK knows as no repository."""
    terminal.says("rm", f"repo:imagenet-{WNID}", "--force")
    for gone in (".ckr.json", "imagenet", ".cm", "dataset/2", "dataset/.cm", "dataset/3/.cm"):
        path = terminal.repository() / gone
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def test_a_folder_that_ck_does_not_know_any_more_goes_too(
    terminal: Terminal, links: list[Link]
) -> None:
    half_gone(terminal)
    said = terminal.says(*CLEAN, "--all", "--force").splitlines()
    assert (said[1].split(",")[0].split(), said[-1]) == (["2", "pictures"], "  done")
    assert not terminal.repository().exists()


def test_check_finds_such_a_folder_and_repair_has_ck_know_it_again(
    terminal: Terminal, links: list[Link]
) -> None:
    half_gone(terminal)
    found = terminal.ck("check", "imagenet").stdout.splitlines()
    assert found[0] == (
        f"{terminal.repository()}  unregistered  the folder has pictures, but CK does not know it "
        "as a repository"
    )
    assert terminal.ck("check", f"imagenet:{WNID}").stdout.splitlines() == found
    terminal.says("check", "imagenet", "--repair")
    assert terminal.says("check", "imagenet") == ""
    assert terminal.says("list", "imagenet", "--downloaded-only") == f"{WNID}\n"
    assert names(terminal) == [f"{WNID}_1.jpg", f"{WNID}_3.jpg"]
    assert len(terminal.says("search", "dataset:*", f"--tags=imagenet,{WNID}").split()) == 2


def test_all_spares_what_users_keep_there(terminal: Terminal, links: list[Link]) -> None:
    terminal.says("add", f"imagenet-{WNID}:dataset:mine", "--common")
    notes = terminal.repository() / "notes.txt"
    notes.write_text("mine")
    said = terminal.says(*CLEAN, "--all", "--force")
    assert said.splitlines()[2:] == [
        f"  and all that is known of them; {terminal.repository()} stays, for it holds",
        "    dataset/mine",
        "    notes.txt",
        "  done",
    ]
    assert names(terminal) == []
    assert notes.read_text() == "mine"
    assert terminal.says("find", f"imagenet-{WNID}:dataset:mine")
    assert not (terminal.repository() / "imagenet").exists()


def test_what_users_keep_beside_a_picture_stays_and_is_told(
    terminal: Terminal, web: PracticeWeb, links: list[Link]
) -> None:
    entry = terminal.repository() / "dataset" / "1"
    (entry / "notes.txt").write_text("mine")
    terminal.says("update", f"imagenet-{WNID}:dataset:1", "--tags=favourite")
    terminal.says("check", "imagenet", "--repair")
    stays = f"  {terminal.repository()} holds more, which stays:\n    dataset/1/notes.txt\n"
    assert terminal.says(*CLEAN, "--dry-run").endswith(stays)
    assert terminal.says(*CLEAN, "--force").endswith(f"{stays}  done\n")
    assert [path.name for path in entry.glob("[!.]*")] == ["notes.txt"]
    assert terminal.json("load", f"imagenet-{WNID}:dataset:1")["dict"] == {"tags": ["favourite"]}
    assert terminal.says("check", "imagenet") == ""
    terminal.says(*DOWNLOAD)
    assert f"{WNID}_1.jpg" in names(terminal)
    assert (entry / "notes.txt").read_text() == "mine"
    meta = terminal.json("load", f"imagenet-{WNID}:dataset:1")["dict"]
    assert (meta["tags"][0], meta["tags"][-1]) == ("imagenet", "favourite")


def test_all_spares_what_users_keep_beside_pictures_and_in_numbered_entries(
    terminal: Terminal, web: PracticeWeb, links: list[Link]
) -> None:
    entries = terminal.repository() / "dataset"
    entry, tags = f"imagenet-{WNID}:dataset:42", ["dataset", "image", "mine"]
    terminal.says("add", entry, "--common", f"--tags={','.join(tags)}")
    for own in (entries / "1" / "notes.txt", entries / "42" / "table.csv", entries / "02" / "x"):
        own.parent.mkdir(exist_ok=True)
        own.write_text("mine")
    said = terminal.says(*CLEAN, "--all", "--force").splitlines()
    assert terminal.json("load", entry)["dict"] == {"tags": tags}
    kept = ["dataset/02", "dataset/1/notes.txt", "dataset/42/table.csv"]
    assert said[-4:] == [*(f"    {path}" for path in kept), "  done"]
    assert {path.name for path in entries.glob("[!.]*/[!.]*")} == {"notes.txt", "table.csv", "x"}
    assert terminal.says(*CLEAN, "--all", "--force") == f"{WNID}: nothing to remove\n"


def test_where_another_entry_stays_check_goes_on_and_nothing_more_is_removed(
    terminal: Terminal, links: list[Link]
) -> None:
    terminal.says("add", f"imagenet-{WNID}:program:mine", "--common")
    terminal.says(*CLEAN, "--all", "--force")
    assert terminal.says("check", "imagenet") == ""
    assert terminal.says("check", "imagenet", "--repair") == ""
    assert terminal.says(*CLEAN, "--all", "--force") == f"{WNID}: nothing to remove\n"
    assert terminal.says("find", f"imagenet-{WNID}:program:mine")
    terminal.says(*DOWNLOAD)
    assert len(names(terminal)) == 3


def test_behind_a_link_the_registration_the_link_and_what_is_there_go(
    terminal: Terminal, links: list[Link]
) -> None:
    repository, real = terminal.repository(), terminal.folder / "real"
    repository.rename(real)
    repository.symlink_to(real)
    said = terminal.says(*CLEAN, "--all", "--force")
    assert said.splitlines()[2:] == [
        f"  and all that is known of them, with the link {repository};",
        f"  {real}, to which it leads, is emptied and stays",
        "  done",
    ]
    assert (repository.is_symlink(), list(real.iterdir())) == (False, [])
    assert f"imagenet-{WNID}" not in terminal.says("list", "repo", "--time_out=-1")
    assert terminal.says("check", "imagenet") == ""


def test_what_is_not_ours_behind_a_link_stays_with_link_and_registration(
    terminal: Terminal, links: list[Link]
) -> None:
    repository, real = terminal.repository(), terminal.folder / "real"
    repository.rename(real)
    repository.symlink_to(real)
    (real / "notes.txt").write_text("mine")
    said = terminal.says(*CLEAN, "--all", "--force")
    assert said.splitlines()[2:] == [
        f"  and all that is known of them; {repository} stays, for it holds",
        "    notes.txt",
        "  done",
    ]
    assert (real / "notes.txt").read_text() == "mine"
    assert names(terminal) == []
    assert terminal.says("check", "imagenet") == ""


def test_a_registration_whose_folder_is_gone_goes(terminal: Terminal, links: list[Link]) -> None:
    terminal.repository().rename(terminal.folder / "elsewhere")
    terminal.says(*CLEAN, "--all", "--force")
    assert f"imagenet-{WNID}" not in terminal.says("list", "repo", "--time_out=-1")


def test_what_old_scripts_made_goes_too(terminal: Terminal) -> None:
    terminal.says("add", "repo:imagenet-unknown", "--quiet")
    terminal.says("add", "imagenet-unknown:dataset:7", "--tags=imagenet", "--common")
    folder = Path(terminal.says("find", "imagenet-unknown:dataset:7").strip())
    (folder / "unknown_7.jpg").write_bytes(b"a picture")
    terminal.says("clean", "imagenet", "--wnid=unknown", "--all", "--force")
    assert not terminal.repository("unknown").exists()
    assert "imagenet-unknown" not in terminal.says("list", "repo", "--time_out=-1")


def test_plain_folders_are_cleaned_too(terminal: Terminal, web: PracticeWeb) -> None:
    web.set_links(WNID, [web.link(WNID, number, "good") for number in (1, 2)])
    terminal.says(*DOWNLOAD, "--outdir=out")
    folder, clean = terminal.folder / "out" / WNID, (*CLEAN, "--outdir=out", "--force")
    terminal.says(*clean, "--number=1")
    assert [path.name for path in folder.glob("[!.]*")] == [f"{WNID}_2.jpg"]
    assert terminal.json(*DOWNLOAD, "--outdir=out")["synsets"][0]["here"] == 1
    (folder / "notes.txt").write_text("mine")
    terminal.says(*clean, "--all")
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
    assert terminal.says(*clean, "--all") == f"{WNID}: nothing to remove\n"
    (folder / "notes.txt").unlink()
    terminal.says(*clean, "--all")
    assert not folder.exists()


def test_a_plain_folder_behind_a_link_is_emptied_and_the_link_goes(
    terminal: Terminal, web: PracticeWeb
) -> None:
    web.set_links(WNID, [web.link(WNID, 1, "good")])
    (terminal.folder / "out").mkdir()
    (terminal.folder / "real").mkdir()
    (terminal.folder / "out" / WNID).symlink_to(terminal.folder / "real")
    terminal.says(*DOWNLOAD, "--outdir=out")
    terminal.says(*CLEAN, "--outdir=out", "--all", "--force")
    assert list((terminal.folder / "real").iterdir()) == []
    assert list((terminal.folder / "out").glob("n*")) == []


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ["--number=77"],
            (
                f"--number=77: no picture or link of {WNID} has this number. See the numbers: "
                f"ck browse imagenet --wnid={WNID}"
            ),
        ),
        (
            ["--number=1,two"],
            '--number="two" is not a picture number: write --number=9981,12',
        ),
        (
            ["--all", "--failed"],
            "--all and --failed cannot be used together: leave one of them out",
        ),
        (
            ["--number=1", "--failed"],
            "--number and --failed cannot be used together: leave one of them out",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(
    terminal: Terminal, links: list[Link], options: list[str], sentence: str
) -> None:
    assert terminal.refuses(*CLEAN, *options) == sentence
    assert len(names(terminal)) == 3


def test_a_synset_must_be_named(terminal: Terminal) -> None:
    assert terminal.refuses("clean", "imagenet", "--all") == (
        "which synset? Write --wnid=n01440764"
    )
