"""Pictures as entries of CK."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from kernel import run
from terminal import WNID, Terminal

ENTRY = f"imagenet-{WNID}:dataset:9981"
URL = "http://a.example/b,c.jpg"

SAVE = """
store = CkStore(ck)
place = store.synset(given.get("wnid", "n01440764"))
place.create()
place.mend()
for number in given["numbers"]:
    place.save(*picture(number, given.get("url", ""), place.wnid))
"""

SEEN = """
store = CkStore(ck)
place = store.synset(given.get("wnid", "n01440764"))
result = {
    "counts": store.counts(),
    "pictures": {number: str(path) for number, path in place.pictures().items()},
    "urls": {number: place.url_of(number) for number in place.pictures()},
    "state": str(place.state),
}
"""

SAVE_UNDER_KILLS = """
def work():
    place = CkStore(ck).synset("n01440764")
    place.create()
    place.mend()
    here = place.pictures()
    for number in range(given["wanted"]):
        if number not in here:
            place.save(*picture(number))


random.seed(2)
kill_again_and_again(given["kills"], 0.03, work)
CkStore(ck).synset("n01440764").mend()
"""

SAVE_TOO_LATE = """
place = CkStore(ck).synset("n01440764")
place.create()
place.save(*picture(1))
create = ck.create_entry


def paused(request):
    # As on a machine that is paused here, and goes on when another one has ended the work.
    made = create(request)
    if request["data_uoa"] != "2":
        return made
    ck.create_entry = create
    place.save(*picture(2))
    return {"return": 1, "error": "too late"}


ck.create_entry = paused
try:
    place.save(*picture(2))
    failed = False
except Exception:
    failed = True
result = [failed, sorted(CkStore(ck).synset("n01440764").pictures())]
"""


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal that needs no web, in a folder whose name is hard for programs."""
    folder = tmp_path / "Zoë's pictures"
    folder.mkdir()
    return Terminal(folder, {})


def seen(terminal: Terminal, wnid: str = WNID) -> dict[str, Any]:
    """Return what a new process sees of a synset."""
    found: dict[str, Any] = run(terminal, SEEN, wnid=wnid)
    return found


def loaded(terminal: Terminal, entry: str = ENTRY) -> Any:
    return json.loads(terminal.says("load", entry, "--min"))["dict"]


def test_where_nothing_is_nothing_is_seen_or_made(terminal: Terminal) -> None:
    state = terminal.repository() / "imagenet" / WNID
    nothing = {"counts": {}, "pictures": {}, "urls": {}, "state": str(state)}
    assert seen(terminal) == nothing
    assert not terminal.repository().exists()


def test_a_picture_is_an_entry_with_one_file_and_a_meta_for_other_programs(
    terminal: Terminal,
) -> None:
    run(terminal, SAVE, numbers=[9981], url=URL)
    data = b"picture 9981"
    file = terminal.repository() / "dataset" / "9981" / "n01440764_9981.jpg"
    assert file.read_bytes() == data
    assert [path.name for path in file.parent.glob("[!.]*")] == [file.name]
    meta = loaded(terminal)
    assert len(meta["imagenet"].pop("sha256")) == 64
    assert meta == {
        "dataset_files": ["n01440764_9981.jpg"],
        "tags": [
            "imagenet",
            "n01440764",
            "9981",
            "http://a.example/b%2Cc.jpg",
            "dataset",
            "image",
            "jpeg",
            "jpg",
        ],
        "imagenet": {
            "format": 1,
            "wnid": "n01440764",
            "number": 9981,
            "words": ["tench", "Tinca tinca"],
            "url": URL,
            "final_url": "http://b/",
            "bytes": len(data),
            "width": 30,
            "height": 20,
            "image_format": "jpeg",
            "source": "a list",
            "time": "2020-01-01T00:00:00Z",
        },
    }


def test_a_picture_that_is_known_by_its_name_alone_has_no_url(terminal: Terminal) -> None:
    run(terminal, SAVE, numbers=[9981], url="n01440764_9981")
    meta = loaded(terminal)
    assert meta["tags"] == ["imagenet", "n01440764", "9981", "dataset", "image", "jpeg", "jpg"]
    assert "url" not in meta["imagenet"]
    assert seen(terminal)["urls"] == {"9981": ""}


def test_ck_finds_a_picture_by_its_tags_though_its_url_has_a_comma(terminal: Terminal) -> None:
    run(terminal, SAVE, numbers=[9981], url=URL)
    for tags in ("imagenet,n01440764", "imagenet,http://a.example/b%2Cc.jpg", "image,jpeg"):
        assert terminal.says("search", "dataset:*", f"--tags={tags}").split() == [ENTRY]


def test_what_was_saved_is_seen_by_the_next_process(terminal: Terminal) -> None:
    run(terminal, SAVE, numbers=[3, 12])
    folder = terminal.repository() / "dataset"
    assert seen(terminal) == {
        "counts": {WNID: 2},
        "pictures": {
            "3": str(folder / "3" / "n01440764_3.jpg"),
            "12": str(folder / "12" / "n01440764_12.jpg"),
        },
        "urls": {"3": "http://a/3", "12": "http://a/12"},
        "state": str(terminal.repository() / "imagenet" / WNID),
    }


def test_the_state_is_an_entry_that_no_search_for_pictures_finds(terminal: Terminal) -> None:
    run(terminal, SAVE, numbers=[3])
    state = f"imagenet-{WNID}:imagenet:{WNID}"
    assert terminal.says("find", state).strip() == str(seen(terminal)["state"])
    assert loaded(terminal, state) == {"format": 1, "wnid": WNID}
    assert terminal.says("search", "dataset:*").split() == [f"imagenet-{WNID}:dataset:3"]
    assert terminal.says("list", f"imagenet-{WNID}:imagenet:*").split() == [WNID]


def test_a_repository_made_by_hand_is_read(terminal: Terminal) -> None:
    terminal.says("add", f"repo:imagenet-{WNID}", "--quiet")
    tags = f"--tags=imagenet,{WNID},9981,http://dividiti.com"
    terminal.says("add", ENTRY, tags)
    assert seen(terminal)["counts"] == {}
    entry = Path(terminal.says("find", ENTRY).strip())
    (entry / "n01440764_9981.JPEG").write_bytes(b"by hand")
    found = seen(terminal)
    assert found["counts"] == {WNID: 1}
    assert found["pictures"] == {"9981": str(entry / "n01440764_9981.JPEG")}
    assert found["urls"] == {"9981": "http://dividiti.com"}


def test_saving_into_an_entry_keeps_the_users_own_meta_and_tags(terminal: Terminal) -> None:
    terminal.says("add", f"repo:imagenet-{WNID}", "--quiet")
    terminal.says("add", ENTRY, "--tags=favourite,imagenet", "@@@{'dict':{'stars':5}}")
    uid = (terminal.repository() / "dataset" / ".cm" / "alias-a-9981").read_text()
    run(terminal, SAVE, numbers=[9981])
    meta = loaded(terminal)
    assert meta["stars"] == 5
    assert meta["tags"].count("imagenet") == 1
    assert {"favourite", "http://a/9981"} < set(meta["tags"])
    assert meta["dataset_files"] == ["n01440764_9981.jpg"]
    assert (terminal.repository() / "dataset" / ".cm" / "alias-a-9981").read_text() == uid


def test_an_entry_with_an_odd_meta_is_read_and_saved_into(terminal: Terminal) -> None:
    odd = ['{"tags": "imagenet"}', '{"tags": null}', "{", "[]", '{"imagenet": 5}']
    run(terminal, SAVE, numbers=list(range(len(odd))))
    folder = terminal.repository() / "dataset"
    for number, meta in enumerate(odd):
        (folder / str(number) / ".cm" / "meta.json").write_text(meta)
    assert seen(terminal)["urls"] == {str(number): "" for number in range(len(odd))}
    run(terminal, SAVE, numbers=list(range(len(odd))))
    assert seen(terminal)["urls"] == {str(n): f"http://a/{n}" for n in range(len(odd))}


def test_only_files_called_pictures_in_numbered_entries_count(terminal: Terminal) -> None:
    run(terminal, SAVE, numbers=[1])
    folder = terminal.repository() / "dataset"
    for name, file in (
        ("2", "notes.txt"),
        ("03", "n01440764_3.jpg"),
        ("my-own", "n01440764_4.jpg"),
        ("5", ".hidden"),
    ):
        (folder / name).mkdir()
        (folder / name / file).touch()
    (folder / "6").touch()
    assert list(seen(terminal)["pictures"]) == ["1"]


def test_a_repository_without_pictures_does_not_count(terminal: Terminal) -> None:
    run(terminal, SAVE, numbers=[])
    assert terminal.repository().exists()
    assert seen(terminal)["counts"] == {}


def test_kills_at_any_moment_leave_exactly_the_pictures(terminal: Terminal) -> None:
    run(terminal, SAVE_UNDER_KILLS, wanted=100, kills=40)
    found = seen(terminal)
    assert found["counts"] == {WNID: 100}
    assert found["urls"] == {str(number): f"http://a/{number}" for number in range(100)}
    assert list(terminal.repos.rglob(".new-*")) == []
    entries = terminal.says("search", "dataset:*", f"--tags=imagenet,{WNID}", "--time_out=-1")
    assert len(entries.split()) == 100
    assert len(terminal.pictures()) == 100
    state = terminal.repository() / "imagenet" / ".cm"
    assert len(list(state.iterdir())) == 2


def test_processes_that_make_one_synset_at_once_all_succeed(terminal: Terminal) -> None:
    codes = run(
        terminal,
        """
def work():
    for number in range(10):
        CkStore(ck).synset("n%08d" % number).create()


result = at_once(work, work, work, work)
""",
    )
    assert codes == [0, 0, 0, 0]
    for number in range(10):
        repository = terminal.repository(f"n{number:08}")
        assert len(list((repository / ".cm").iterdir())) == 2
        assert len(list((repository / "imagenet" / ".cm").iterdir())) == 2
    assert len(terminal.says("list", "repo:imagenet-n*").split()) == 10


def test_prepared_places_are_those_that_are_made_one_by_one(terminal: Terminal) -> None:
    wnids = ["n01440764", "n02110341", "unknown"]
    code = """
store = CkStore(ck)
store.synset("n02110341").create()
store.prepare(given["wnids"])
result = sorted(store.wnids())
"""
    assert run(terminal, code, wnids=wnids) == wnids
    prepared = {wnid: terminal.tree(wnid) for wnid in wnids}
    run(terminal, SAVE, wnid=WNID, numbers=[])
    assert {wnid: terminal.tree(wnid) for wnid in wnids} == prepared
    assert loaded(terminal, f"imagenet-{WNID}:imagenet:{WNID}") == {"format": 1, "wnid": WNID}
    trees = {tuple(tree).__repr__().replace(wnid, "W") for wnid, tree in prepared.items()}
    assert len(trees) == 1


def test_processes_that_prepare_the_same_places_at_once_lose_none(terminal: Terminal) -> None:
    code = """
wnids = ["n%08d" % number for number in range(30)]
works = [lambda: CkStore(ck).prepare(wnids[:20]), lambda: CkStore(ck).prepare(wnids[10:])]
codes = at_once(*works, lambda: CkStore(ck).synset(wnids[15]).create())
result = codes, CkStore(ck).wnids() == wnids
"""
    assert run(terminal, code) == [[0, 0, 0], True]
    assert len(terminal.says("list", "imagenet-n*:imagenet:*").split()) == 30


STEPS = {
    "the entries": ["rm", "imagenet-unknown:dataset:*", "--force"],
    "the registration": ["rm", "repo:imagenet-unknown", "--force"],
    "the folder": [],
}


@pytest.mark.parametrize("step", STEPS)
def test_after_each_step_of_cleaning_the_store_tells_the_truth(
    terminal: Terminal, step: str
) -> None:
    """The three steps of the scripts that this succeeds, each alone."""
    run(terminal, SAVE, wnid="unknown", numbers=[1, 2])
    run(terminal, SAVE, numbers=[5])
    assert seen(terminal)["counts"] == {WNID: 1, "unknown": 2}
    if STEPS[step]:
        terminal.says(*STEPS[step])
    else:
        shutil.rmtree(terminal.repository("unknown"))
    assert seen(terminal)["counts"] == {WNID: 1}
    run(terminal, SAVE, wnid="unknown", numbers=[3])
    here = {"1", "2", "3"} if step == "the registration" else {"3"}
    assert set(seen(terminal, "unknown")["pictures"]) == here
    lines = terminal.says("search", "dataset:*", "--tags=imagenet,unknown").split()
    assert sorted(lines) == [f"imagenet-unknown:dataset:{name}" for name in sorted(here)]


def test_all_steps_of_cleaning_leave_nothing(terminal: Terminal) -> None:
    run(terminal, SAVE, wnid="unknown", numbers=[1])
    for command in STEPS.values():
        if command:
            terminal.says(*command)
    shutil.rmtree(terminal.repository("unknown"))
    assert seen(terminal, "unknown")["counts"] == {}
    assert terminal.says("list", "repo:imagenet-*") == ""


def test_the_module_is_not_looked_for_in_the_repositories_of_all_synsets(
    terminal: Terminal,
) -> None:
    """Though CK itself has cached these first, as `ck recache repo` may do."""
    run(terminal, SAVE, numbers=[])
    path = terminal.repos / "local" / ".ck.cache_repo_info.json"
    known = json.loads(path.read_text("utf-8"))
    synsets_first = sorted(known, key=lambda uid: not known[uid]["data_uoa"].endswith(WNID))
    path.write_text(json.dumps({uid: known[uid] for uid in synsets_first}))
    code = """
ck.reload_repo_cache({})
before = [place["repo_uoa"] for place in ck.paths_repos_all]
CkStore(ck)
result = before, [place["repo_uoa"] for place in ck.paths_repos_all]
"""
    before, after = run(terminal, code)
    assert before == after[::-1] == [f"imagenet-{WNID}", "ck-imagenet"]


def test_a_newer_format_of_the_state_is_refused(terminal: Terminal) -> None:
    run(terminal, SAVE, numbers=[])
    state = terminal.repository() / "imagenet" / WNID
    (state / ".cm" / "meta.json").write_text('{"format": 2}')
    said = run(
        terminal,
        """
from ck_imagenet.storage.inventory import Inventory

place, result = CkStore(ck).synset("n01440764"), []
for work in (place.create, lambda: Inventory.of(place)):
    try:
        work()
    except ImagenetError as error:
        result.append(str(error))
""",
    )
    refused = (
        f"{state} was written by a newer ck-imagenet: it has format 2, and this version reads "
        "format 1. Upgrade with: "
    )
    assert said == [f"{refused}pip install --upgrade ck-imagenet"] * 2
    under_ck = terminal.refuses("clean", "imagenet", f"--wnid={WNID}", "--failed", "--force")
    assert under_ck == f"{refused}ck pull repo:ck-imagenet"


def test_a_repository_that_cannot_be_written_is_named(terminal: Terminal) -> None:
    run(terminal, SAVE, numbers=[])
    said = run(
        terminal,
        """
folder = Path(given["folder"])
os.chdir(folder)
(folder / "imagenet" / "n01440764").chmod(0o555)
place = CkStore(ck).synset("n01440764")
for open_to_all in [folder, *folder.parents]:
    if open_to_all.stat().st_uid == os.geteuid():
        open_to_all.chmod(0o755)
if os.geteuid() == 0:
    os.setuid(65534)  # the superuser may write everywhere
try:
    place.create()
except ImagenetError as error:
    result = str(error)
""",
        folder=str(terminal.repository()),
    )
    assert said == (
        f'the CK repository "{terminal.repository()}" cannot be written: Permission denied '
        f'("{terminal.repository()}/imagenet/{WNID}"); '
        "CK_REPOS must be a folder that can be written"
    )


def test_where_many_synsets_are_is_where_each_of_them_is(terminal: Terminal) -> None:
    """One that is here, one in a folder of the user's own, and one that is not here yet."""
    run(terminal, SAVE, numbers=[1])
    elsewhere = terminal.folder / "elsewhere"
    elsewhere.mkdir()
    terminal.says("add", "repo:imagenet-n02084071", f"--path={elsewhere}", "--quiet")
    together, each = run(
        terminal,
        """
store, wnids = CkStore(ck), ["n01440764", "n02084071", "n02110341"]
result = list(store.paths(wnids)), [store.synset(wnid).paths() for wnid in wnids]
""",
    )
    assert together == each
    assert together[1][1] == str(elsewhere / "imagenet" / "n02084071")


def test_who_comes_too_late_to_make_an_entry_leaves_what_another_has_made(
    terminal: Terminal,
) -> None:
    assert run(terminal, SAVE_TOO_LATE) == [True, [1, 2]]
    assert "n01440764" in terminal.ck("search", "dataset:2").stdout
