"""`ck check imagenet` as a user types it: what is damaged is found, told and mended."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any, Callable

import pytest
from ck_imagenet_practice import PracticeWeb
from terminal import LAST_WORDS, WNID, Terminal

CHECK = ("check", "imagenet")
DOWNLOAD = ("download", "imagenet", f"--wnid={WNID}", "--retry=0")


def offer(web: PracticeWeb) -> None:
    """Make a web list four pictures, 1 to 4, and one link that is gone."""
    links = [web.link(WNID, number, "good") for number in range(1, 5)]
    web.set_links(WNID, [*links, web.link(WNID, 5, "gone")])


@pytest.fixture
def web(lasting_web: PracticeWeb) -> PracticeWeb:
    offer(lasting_web)
    return lasting_web


@pytest.fixture(scope="module")
def downloaded(lasting_web: PracticeWeb, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CK_REPOS with what is on offer."""
    terminal = Terminal(tmp_path_factory.mktemp("downloaded"), lasting_web.environment())
    offer(lasting_web)
    terminal.says(*DOWNLOAD)
    return terminal.repos


@pytest.fixture
def terminal(downloaded: Path, web: PracticeWeb, tmp_path: Path) -> Terminal:
    """A terminal with the same, as if it had downloaded it itself."""
    return Terminal(tmp_path, web.environment(), downloaded)


@pytest.fixture
def sound(terminal: Terminal) -> dict[str, bytes]:
    """The pictures as they are before anything befalls them."""
    return terminal.pictures()


def entry(terminal: Terminal, number: int) -> Path:
    return terminal.repository() / "dataset" / str(number)


def picture(terminal: Terminal, number: int) -> Path:
    return entry(terminal, number) / f"{WNID}_{number}.jpg"


def remove_entry(terminal: Terminal) -> None:
    terminal.says("rm", f"imagenet-{WNID}:dataset:1", "--force")


def remove_file(terminal: Terminal) -> None:
    picture(terminal, 1).unlink()


def lose_the_end(terminal: Terminal) -> None:
    """As a power cut may."""
    data = picture(terminal, 2).read_bytes()
    picture(terminal, 2).write_bytes(data[:-1000] + bytes(1000))


def empty_the_meta(terminal: Terminal) -> None:
    (entry(terminal, 3) / ".cm" / "meta.json").write_bytes(b"")


def name_another_file(terminal: Terminal) -> None:
    change_meta(terminal, dataset_files=["other.jpg"])


def forget_the_url(terminal: Terminal) -> None:
    own = meta(terminal)["imagenet"]
    del own["url"]
    change_meta(terminal, imagenet=own)


def lose_the_journal(terminal: Terminal) -> None:
    shutil.rmtree(terminal.repository() / "imagenet" / WNID / "journal")


def garble_the_journal(terminal: Terminal) -> None:
    path = terminal.repository() / "imagenet" / WNID / "journal" / "0.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    (fate,) = (number for number, line in enumerate(lines) if f'"{WNID}_5"' in line)
    lines[fate] = "garbage\n"
    path.write_text("".join(lines))


def garble_what_is_told_of_a_picture(terminal: Terminal) -> None:
    path = terminal.repository() / "imagenet" / WNID / "journal" / "0.jsonl"
    path.write_text(path.read_text().replace(f'{{"name": "{WNID}_1"', f'"name": "{WNID}_1"'))


def add_an_entry_with_what_is_no_picture(terminal: Terminal) -> None:
    entry(terminal, 42).mkdir()
    picture(terminal, 42).write_bytes(b"hello")


def add_a_second_file(terminal: Terminal) -> None:
    (entry(terminal, 4) / "copy.png").write_bytes(b"a copy")


def add_a_lost_file(terminal: Terminal) -> None:
    (terminal.repository() / "dataset" / "lost.jpg").write_bytes(b"nobody's")


def add_an_empty_entry(terminal: Terminal) -> None:
    terminal.says("add", f"imagenet-{WNID}:dataset:77", "--common")


def be_killed(terminal: Terminal) -> None:
    (terminal.repository() / "dataset" / ".cm" / ".new-9").mkdir()
    (terminal.repository() / "imagenet" / WNID / ".new-names.tsv").touch()


def leave_aliases(terminal: Terminal) -> None:
    """As `rm -r` of an entry's folder does."""
    terminal.says("add", f"imagenet-{WNID}:dataset:77", "--common")
    shutil.rmtree(entry(terminal, 77))


def remove_an_alias(terminal: Terminal) -> None:
    (terminal.repository() / "dataset" / ".cm" / "alias-a-1").unlink()


def remove_all_entries(terminal: Terminal) -> None:
    shutil.rmtree(entry(terminal, 1).parent)


def lose_the_tags(terminal: Terminal) -> None:
    change_meta(terminal, tags=[])


def lose_a_tag(terminal: Terminal) -> None:
    change_meta(terminal, tags=["imagenet", "pretty", "3", "dataset", "image", "jpeg"])


def tell_another_number(terminal: Terminal) -> None:
    change_meta(terminal, imagenet={**meta(terminal)["imagenet"], "number": 5})


def tell_another_synset(terminal: Terminal) -> None:
    change_meta(terminal, imagenet={**meta(terminal)["imagenet"], "wnid": "n00000000"})


def meta(terminal: Terminal) -> dict[str, Any]:
    known: dict[str, Any] = json.loads((entry(terminal, 3) / ".cm" / "meta.json").read_text())
    return known


def change_meta(terminal: Terminal, **changes: Any) -> None:
    path = entry(terminal, 3) / ".cm" / "meta.json"
    path.write_text(json.dumps({**meta(terminal), **changes}))


def remove_a_uid(terminal: Terminal) -> None:
    uid = (entry(terminal, 1).parent / ".cm" / "alias-a-1").read_text().strip()
    (entry(terminal, 1).parent / ".cm" / f"alias-u-{uid}").unlink()


def remove_all_uids(terminal: Terminal) -> None:
    for path in (terminal.repository() / "dataset" / ".cm").glob("alias-u-*"):
        path.unlink()


def tell_another_uid(terminal: Terminal) -> None:
    (entry(terminal, 1).parent / ".cm" / "alias-a-1").write_text("0123456789abcdef")


def remove_the_folder(terminal: Terminal) -> None:
    shutil.rmtree(terminal.repository())


Damage = Callable[[Terminal], None]
DAMAGES: list[tuple[Damage, list[str]]] = [
    (remove_entry, ["missing"]),
    (remove_all_entries, ["dangling", *["missing"] * 4]),
    (remove_file, ["missing"]),
    (lose_the_end, ["changed"]),
    (empty_the_meta, ["misdescribed"]),
    (name_another_file, ["misdescribed"]),
    (forget_the_url, ["misdescribed"]),
    (lose_the_tags, ["misdescribed"]),
    (lose_a_tag, ["misdescribed"]),
    (tell_another_number, ["misdescribed"]),
    (tell_another_synset, ["misdescribed"]),
    (lose_the_journal, ["unseen"] * 4),
    (garble_the_journal, ["garbled"]),
    (garble_what_is_told_of_a_picture, ["garbled", "unseen"]),
    (add_an_entry_with_what_is_no_picture, ["hidden", "no-picture"]),
    (add_a_second_file, ["stray"]),
    (add_a_lost_file, ["stray"]),
    (add_an_empty_entry, ["empty-entry"]),
    (be_killed, ["leftover", "leftover"]),
    (leave_aliases, ["dangling", "dangling"]),
    (remove_an_alias, ["dangling", "hidden"]),
    (remove_a_uid, ["hidden"]),
    (remove_all_uids, ["hidden"] * 4),
    (tell_another_uid, ["dangling", "hidden"]),
    (remove_the_folder, ["no-folder"]),
]


@pytest.mark.parametrize(
    ("damage", "words"), DAMAGES, ids=lambda each: getattr(each, "__name__", "")
)
def test_what_is_damaged_is_told_in_a_line_mended_and_is_as_before_after_the_next_download(
    terminal: Terminal, sound: dict[str, bytes], damage: Damage, words: list[str]
) -> None:
    damage(terminal)
    found = terminal.ck(*CHECK)
    told, _, _ = found.stdout.partition(LAST_WORDS)
    *lines, last = told.splitlines()
    assert [line.split("  ")[1] for line in lines] == words
    assert last.startswith(f"CK error: [imagenet] {len(words)} finding")
    assert (found.returncode, found.stderr) == (1, "")
    mended = terminal.says(*CHECK, "--repair").splitlines()
    assert [line.partition(";")[0] for line in mended] == lines
    assert terminal.says(*CHECK, "--decode") == ""
    terminal.says(*DOWNLOAD)
    assert terminal.pictures() == sound
    found_by_ck = terminal.says("search", "dataset:*", f"--tags=imagenet,{WNID}").split()
    assert len(found_by_ck) == len(sound)


def test_entries_of_earlier_versions_are_sound_and_get_the_tags_of_today_by_repair(
    terminal: Terminal, sound: dict[str, bytes]
) -> None:
    """By which CK's own programs find JPEGs."""
    earlier = [tag for tag in meta(terminal)["tags"] if tag != "jpg"]
    change_meta(terminal, tags=[*earlier, "pretty"])
    assert terminal.says(*CHECK) == ""
    assert terminal.says(*CHECK, "--repair").startswith(
        f"{WNID}_3  misdescribed  the CK entry contradicts the journal "
        "(these tags are missing: jpg); "
    )
    assert meta(terminal)["tags"] == [*earlier, "jpg", "pretty"]
    assert terminal.says(*CHECK, "--repair") == ""
    found = terminal.says("search", "dataset:*", "--tags=image,jpg,dataset").split()
    assert len(found) == len(sound)


@pytest.mark.parametrize("damage", [remove_an_alias, remove_a_uid, tell_another_uid])
def test_an_entry_that_ck_finds_again_has_the_uid_that_it_had(
    terminal: Terminal, sound: dict[str, bytes], damage: Damage
) -> None:
    """By which people tell programs of a picture."""
    uid = terminal.says("cid", f"imagenet-{WNID}:dataset:1").strip().rpartition(":")[2]
    damage(terminal)
    terminal.says(*CHECK, "--repair")
    assert terminal.says("find", f"dataset:{uid}").strip() == str(entry(terminal, 1))


def test_the_copy_of_an_entry_gets_a_uid_of_its_own(
    terminal: Terminal, sound: dict[str, bytes]
) -> None:
    shutil.copytree(entry(terminal, 1), entry(terminal, 42))
    (entry(terminal, 42) / f"{WNID}_1.jpg").rename(picture(terminal, 42))
    terminal.says(*CHECK, "--repair")
    uids = [
        terminal.says("cid", f"imagenet-{WNID}:dataset:{number}").strip().rpartition(":")[2]
        for number in (1, 42)
    ]
    found = [terminal.says("find", f"dataset:{uid}").strip() for uid in uids]
    assert found == [str(entry(terminal, 1)), str(entry(terminal, 42))]


@pytest.mark.every_python
def test_bytes_that_were_saved_and_cannot_be_decoded_are_found_by_decode_alone(
    terminal: Terminal, sound: dict[str, bytes]
) -> None:
    """Their host gives the same again, so it is not asked."""
    damaged = b"damaged".ljust(len(sound[f"{WNID}_1.jpg"]), b".")
    old, new = (hashlib.sha256(data).hexdigest() for data in (sound[f"{WNID}_1.jpg"], damaged))
    picture(terminal, 1).write_bytes(damaged)
    journal = terminal.repository() / "imagenet" / WNID / "journal" / "0.jsonl"
    for path in (journal, entry(terminal, 1) / ".cm" / "meta.json"):
        path.write_text(path.read_text().replace(old, new))
    assert terminal.says(*CHECK) == ""
    found = terminal.ck(*CHECK, "--decode").stdout
    told = "the picture cannot be decoded, although its file is unchanged (begins 'damaged."
    assert found.startswith(f"{WNID}_1  broken  {told}")
    terminal.says(*CHECK, "--decode", "--repair")
    assert terminal.says(*CHECK, "--decode") == ""
    done = terminal.json(*DOWNLOAD)["synsets"][0]
    assert (done["here"], done["to_fetch"], done["failed"]) == (3, 0, {"gone": 1, "broken": 1})


def test_it_tells_how_many_lines_of_the_journal_cannot_be_read(
    terminal: Terminal, web: PracticeWeb, sound: dict[str, bytes]
) -> None:
    """Their links are asked again; a line that a kill has torn is none of them."""
    path = terminal.repository() / "imagenet" / WNID / "journal" / "0.jsonl"
    garble_the_journal(terminal)
    path.write_text(path.read_text() + '[]\n{"name": "n014')
    said = terminal.ck(*CHECK).stdout
    assert said.startswith(f"{path}  garbled  some lines of the journal cannot be read (2)\n")
    terminal.says(*CHECK, "--repair")
    assert terminal.says(*CHECK) == ""
    done = terminal.json(*DOWNLOAD)["synsets"][0]
    assert (done["here"], done["to_fetch"], done["failed"]) == (4, 1, {"gone": 1})


@pytest.mark.every_python
def test_a_changed_file_is_put_aside_and_not_lost(
    terminal: Terminal, sound: dict[str, bytes]
) -> None:
    lose_the_end(terminal)
    changed = picture(terminal, 2).read_bytes()
    terminal.says(*CHECK, "--repair")
    aside = terminal.repository() / "imagenet" / WNID / "no-pictures" / f"{WNID}_2.jpg"
    assert aside.read_bytes() == changed


def test_what_is_nobodys_affair_is_no_finding(terminal: Terminal, sound: dict[str, bytes]) -> None:
    terminal.says("add", f"imagenet-{WNID}:dataset:mine", "--common")
    (entry(terminal, 1) / "notes.txt").write_text("pretty")
    assert terminal.says(*CHECK) == ""


def test_what_a_user_keeps_beside_the_pictures_is_no_finding(
    terminal: Terminal, sound: dict[str, bytes]
) -> None:
    """An entry of another kind, and one that is called almost as a picture's is."""
    number = min(int(name[len(WNID) + 1 : -len(".jpg")]) for name in sound)
    own = [entry(terminal, 4200), entry(terminal, number).with_name(f"0{number}")]
    for folder in own:
        folder.mkdir()
        (folder / "table.csv").write_text("mine")
    terminal.says("check", "imagenet", "--repair")
    assert [(folder / "table.csv").read_text() for folder in own] == ["mine", "mine"]
    assert {name: data for name, data in terminal.pictures().items() if name in sound} == sound


def test_json_tells_what_where_and_whether_it_is_mended(
    terminal: Terminal, sound: dict[str, bytes]
) -> None:
    remove_file(terminal)
    finding = {"wnid": WNID, "finding": "missing", "where": f"{WNID}_1", "detail": ""}
    told, _ = json.JSONDecoder().raw_decode(terminal.ck(*CHECK, "--out=json").stdout)
    assert (told["return"], told["error"]) == (
        1,
        f"1 finding in 3 pictures: repair with --repair{LAST_WORDS}",
    )
    assert (told["pictures"], told["findings"]) == (3, [{**finding, "mended": False}])
    mended = terminal.json(*CHECK, "--repair")
    assert mended["findings"] == [{**finding, "mended": True}]


def test_on_a_terminal_it_says_that_all_is_well(
    terminal: Terminal, sound: dict[str, bytes]
) -> None:
    assert "all 4 pictures are intact (" in terminal.shows(*CHECK)


@pytest.mark.every_python
def test_plain_folders_are_checked_too(terminal: Terminal, web: PracticeWeb) -> None:
    web.set_links(WNID, [web.link(WNID, number, "good") for number in range(1, 4)])
    terminal.says(*DOWNLOAD, "--outdir=out")
    folder = terminal.folder / "out" / WNID
    before = {path.name: path.read_bytes() for path in folder.glob("*.jpg")}
    (folder / f"{WNID}_1.jpg").unlink()
    (folder / f"{WNID}_2.jpg").write_bytes(b"changed")
    (folder / f"{WNID}_3.bmp").write_bytes(b"another")
    (folder / "holiday.jpg").write_bytes(b"mine")
    (folder / ".ck-imagenet" / "new" / ".new-x").touch()
    check = (*CHECK, "--outdir=out")
    lines = terminal.ck(*check).stdout.partition(LAST_WORDS)[0].splitlines()[:-1]
    words = ["leftover", "stray", "stray", "missing", "changed"]
    assert [line.split("  ")[1] for line in lines] == words
    assert len(terminal.says(*check, "--repair").splitlines()) == 5
    assert terminal.says(*check) == ""
    terminal.says(*DOWNLOAD, "--outdir=out")
    assert {path.name: path.read_bytes() for path in folder.glob("[!.]*")} == before
