"""What a user has told CK, in its kernel's settings or a repository's, holds for all that we do."""

from __future__ import annotations

import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Iterator

import pytest
from ck_imagenet_practice import PracticeWeb
from kernel import run
from terminal import WNID, Terminal

REPOSITORY = f"imagenet-{WNID}"
DOWNLOAD = ("download", "imagenet", f"--wnid={WNID}", "--retry=0")
GLOBAL = "global writing is forbidden"


@pytest.fixture(autouse=True)
def links(web: PracticeWeb) -> None:
    """Three pictures, with numbers of one, two and four digits, and a link that is gone."""
    good = [web.link(WNID, number, "good", n) for n, number in enumerate((5, 42, 9981))]
    web.set_links(WNID, [*good, web.link(WNID, 99, "gone")])


def set_kernel(terminal: Terminal, **settings: str) -> None:
    """Type `ck set kernel var.KEY=VALUE`; two underscores lead into a dict, as # does there."""
    words = [f"var.{key.replace('__', '#')}={value}" for key, value in settings.items()]
    terminal.says("set", "kernel", *words)


def tell_repository(terminal: Terminal, **facts: str) -> None:
    """Change CK's facts of the synset's repository, as its `ck update repo` does in a dialogue."""
    described = terminal.repository() / ".ckr.json"
    known = json.loads(described.read_text())
    known["dict"].update(facts)
    described.write_text(json.dumps(known))
    terminal.says("recache", "repo")


def everything(terminal: Terminal) -> dict[str, tuple[int, int]]:
    """Return what is in CK_REPOS, such that any change of it is seen."""
    found = {}
    for path in sorted(terminal.repos.rglob("*")):
        stat = path.stat()
        found[str(path)] = (stat.st_mtime_ns, stat.st_size) if path.is_file() else (0, 0)
    return found


def forbids(terminal: Terminal, web: PracticeWeb, words: str, *command: str) -> None:
    """CK's words are the answer; nobody is asked, nothing changes."""
    before = everything(terminal)
    web.requests.clear()
    assert words in terminal.refuses(*command)
    assert web.requests.counts() == {}
    lock = str(terminal.repos / "local" / ".ck-imagenet.lock")
    after = everything(terminal)
    assert {path: after[path] for path in after if path != lock} == {
        path: before[path] for path in before if path != lock
    }


FORBIDDING = [
    ("forbid_global_writing", "yes", GLOBAL),
    ("allow_writing_only_to_allowed", "yes", "writing to this repo is forbidden"),
    ("forbid_writing_to_local_repo", "yes", "writing to local repo is forbidden"),
    ("allowed_entry_names", "^[a-z]*$", "found disallowed characters in names"),
]


@pytest.mark.parametrize(("key", "value", "words"), FORBIDDING)
def test_what_ck_forbids_is_refused_in_its_words_before_anything_is_fetched(
    terminal: Terminal, web: PracticeWeb, key: str, value: str, words: str
) -> None:
    set_kernel(terminal, **{key: value})
    assert words in terminal.ck("add", "repo:imagenet-theirs", "--quiet").stdout
    tar = terminal.folder / f"{WNID}.tar"
    tar.touch()
    for command in (
        DOWNLOAD,
        (*DOWNLOAD, "--processes=2"),
        ("download", "imagenet", f"--tar={tar}", f"--wnid={WNID}"),
        ("geturls", "imagenet", "--all", f"--archive={web.url(0, '/list.tgz')}"),
        ("download", "imagenet", f"--urls={web.url(0, '/list.txt')}"),
    ):
        forbids(terminal, web, words, *command)
    assert not terminal.repository().exists()
    set_kernel(terminal, **{key: "" if key == "allowed_entry_names" else "no"})
    terminal.says(*DOWNLOAD)
    assert len(terminal.pictures()) == 3


def test_a_dry_run_and_plain_folders_are_nobody_s_affair(
    terminal: Terminal, web: PracticeWeb
) -> None:
    set_kernel(terminal, forbid_global_writing="yes")
    terminal.says(*DOWNLOAD, "--dry-run")
    terminal.says(*DOWNLOAD, "--outdir=out")
    assert len(list((terminal.folder / "out" / WNID).glob("*.jpg"))) == 3
    assert not terminal.repository().exists()


@pytest.mark.parametrize("key", ["forbid_global_writing", "allow_writing_only_to_allowed"])
def test_what_is_here_is_read_and_not_changed(
    terminal: Terminal, web: PracticeWeb, key: str
) -> None:
    terminal.says(*DOWNLOAD)
    (terminal.repository() / "dataset" / "42" / f"{WNID}_42.jpg").unlink()
    terminal.says("status", "imagenet")
    terminal.says("list", "imagenet", "--downloaded-only")
    set_kernel(terminal, **{key: "yes"})
    words = GLOBAL if "global" in key else "writing to this repo is forbidden"
    changing: list[tuple[str, ...]] = [
        DOWNLOAD,
        ("check", "imagenet", "--repair"),
        ("clean", "imagenet", f"--wnid={WNID}", "--number=5", "--force"),
        ("clean", "imagenet", f"--wnid={WNID}", "--all", "--force"),
        ("browse", "imagenet", "--no-open"),
    ]
    for command in changing:
        forbids(terminal, web, words, *command)
    assert "missing" in terminal.ck("check", "imagenet").stdout
    terminal.says("status", "imagenet")
    terminal.says("export", "imagenet", f"--wnid={WNID}", "--to=out")
    assert len(list((terminal.folder / "out").rglob("*.jpg"))) == 2


def test_where_only_some_repositories_may_be_written_these_are(
    terminal: Terminal, web: PracticeWeb
) -> None:
    terminal.says("add", f"repo:{REPOSITORY}", "--quiet", "--allow_writing=yes")
    set_kernel(terminal, allow_writing_only_to_allowed="yes")
    terminal.says(*DOWNLOAD)
    assert len(terminal.pictures()) == 3
    other = ("download", "imagenet", "--wnid=n02110341")
    forbids(terminal, web, "writing to this repo is forbidden", *other)


def test_of_a_list_that_names_its_synsets_each_is_refused_before_its_pictures_are_fetched(
    terminal: Terminal, web: PracticeWeb
) -> None:
    terminal.says("add", f"repo:{REPOSITORY}", "--quiet", "--allow_writing=yes")
    terminal.says("add", "repo:imagenet-n02110341", "--quiet")
    set_kernel(terminal, allow_writing_only_to_allowed="yes")
    lines = [
        f"{wnid}_{n} {web.url(0, f'/good/{wnid}/{n}.jpg')}"
        for n in (1, 2)
        for wnid in (WNID, "n02110341")
    ]
    (terminal.folder / "list").write_text("\n".join(lines))
    said = terminal.refuses("download", "imagenet", "--urls=list")
    assert "writing to this repo is forbidden" in said
    assert not [path for _, path in web.requests.counts() if "n02110341" in path]
    assert not terminal.pictures("n02110341")


def test_an_existing_repository_is_written_though_local_may_not_be(
    terminal: Terminal, web: PracticeWeb
) -> None:
    terminal.says("add", f"repo:{REPOSITORY}", "--quiet")
    set_kernel(terminal, forbid_writing_to_local_repo="yes")
    terminal.says(*DOWNLOAD)
    assert len(terminal.pictures()) == 3
    clean = ("clean", "imagenet", f"--wnid={WNID}", "--force")
    terminal.says(*clean, "--number=5")
    assert len(terminal.pictures()) == 2
    # Which would have to unregister it at last.
    before, done = everything(terminal), terminal.ck(*clean, "--all")
    assert (done.returncode, "writing to local repo is forbidden" in done.stdout) == (1, True)
    assert everything(terminal) == before


@pytest.mark.parametrize("of", ["kernel", "repository"])
def test_where_nothing_may_be_removed_nothing_is(
    terminal: Terminal, web: PracticeWeb, of: str
) -> None:
    terminal.says(*DOWNLOAD, "--max-images=2")
    if of == "kernel":
        set_kernel(terminal, forbid_global_delete="yes")
        words = "delete/rename operations are forbidden"
    else:
        tell_repository(terminal, forbid_deleting="yes")
        words = "deleting in this repo is forbidden"
    theirs = terminal.ck("rm", f"{REPOSITORY}:dataset:*", "--force")
    assert (theirs.returncode, words in theirs.stdout) == (1, True)
    clean = ("clean", "imagenet", f"--wnid={WNID}", "--force")
    for command in (
        (*clean, "--number=42"),
        (*clean, "--all"),
        ("check", "imagenet", "--repair"),
    ):
        forbids(terminal, web, words, *command)
    terminal.says(*DOWNLOAD)
    assert len(terminal.pictures()) == 3


def test_where_nothing_may_be_removed_what_is_no_picture_is_put_aside(
    terminal: Terminal, web: PracticeWeb
) -> None:
    """One that turns out to be a placeholder: its entry stays, and tells of no picture."""
    same = [web.link(WNID, number, "placeholder", number) for number in (1, 2, 3, 4)]
    web.set_links(WNID, same[:1])
    terminal.says(*DOWNLOAD)
    tell_repository(terminal, forbid_deleting="yes")
    web.set_links(WNID, same)
    done = terminal.json(*DOWNLOAD, "--refresh")["synsets"][0]
    assert (done["here"], done["failed"]) == (0, {"placeholder": 4})
    assert terminal.pictures() == {}
    aside = terminal.repository() / "imagenet" / WNID / "no-pictures"
    assert [path.name for path in aside.iterdir()] == [f"{WNID}_1.png"]
    assert terminal.json("load", f"{REPOSITORY}:dataset:1")["dict"] == {"tags": []}
    assert terminal.json(*DOWNLOAD)["synsets"][0]["to_fetch"] == 0


SPLITS = [
    {"split_dirs__dataset": "2"},
    {"split_dirs__8a7141c59cd335f5": "1"},
    {"split_dirs__imagenet": "3", "split_dirs__dataset": "3"},
]


# Whoever is asked what is here, CK or we, in one process.
ASKED = """
def asked(action, module, data="", **more):
    found = ck.access({"action": action, "module_uoa": module, "data_uoa": data, **more})
    assert found["return"] == 0, found
    return found


def named(entries):
    return sorted("%(repo_uoa)s:%(module_uoa)s:%(data_uoa)s" % each for each in entries["lst"])


repository = given["repository"]
entries = []
for number in given["numbers"]:
    entry = {"repo_uoa": repository, "module": "dataset"}
    found = asked("find", data=number, **entry)["path"]
    loaded = asked("load", data=number, **entry)
    assert asked("find", "dataset", loaded["data_uid"])["path"] == loaded["path"] == found
    assert (Path(found) / loaded["dict"]["dataset_files"][0]).is_file()
    assert loaded["dict"]["imagenet"]["number"] == int(number)
    entries.append(f"{repository}:dataset:{number}")
state = asked("find", "imagenet", given["wnid"], repo_uoa=repository, common_func="yes")["path"]
assert (Path(state) / "journal").is_dir()
assert named(asked("search", "dataset", tags="imagenet," + given["wnid"])) == sorted(entries)
assert named(asked("list", "dataset", repo_uoa=repository)) == sorted(entries)
assert asked("status", "imagenet")["total"]["here"] == len(entries)
assert asked("check", "imagenet")["findings"] == []
if entries:
    asked("export", "imagenet", wnid=given["wnid"], to="exported")
    names = sorted(path.stem.rpartition("_")[2] for path in Path("exported").rglob("*.jpg"))
    assert names == sorted(given["numbers"])
"""


def agree(terminal: Terminal, numbers: list[str]) -> None:
    """Whoever is asked what is here, CK or we, says the same."""
    run(terminal, ASKED, repository=REPOSITORY, wnid=WNID, numbers=numbers)


@pytest.mark.parametrize("splits", SPLITS)
def test_where_ck_splits_entries_into_folders_all_see_the_same(
    terminal: Terminal, web: PracticeWeb, splits: dict[str, str]
) -> None:
    set_kernel(terminal, **splits)
    terminal.says(*DOWNLOAD, "--max-images=1")
    terminal.says(*DOWNLOAD, "--jobs=8")
    entry = Path(terminal.says("find", f"{REPOSITORY}:dataset:9981").strip())
    (number,) = {splits[key] for key in splits if "imagenet" not in key}
    assert entry == terminal.repository() / "dataset" / "9981"[: int(number)] / "9981"
    agree(terminal, ["5", "42", "9981"])
    terminal.says("rm", f"{REPOSITORY}:dataset:42", "--force")
    assert terminal.json(*DOWNLOAD)["synsets"][0]["saved"] == 1
    agree(terminal, ["5", "42", "9981"])
    terminal.says("clean", "imagenet", f"--wnid={WNID}", "--number=5", "--force")
    agree(terminal, ["42", "9981"])
    terminal.says("clean", "imagenet", f"--wnid={WNID}", "--all", "--force")
    assert not terminal.repository().exists()
    assert terminal.says("search", "dataset:*", "--tags=imagenet") == ""


def test_a_repository_may_split_its_entries_too(terminal: Terminal, web: PracticeWeb) -> None:
    terminal.says("add", f"repo:{REPOSITORY}", "--quiet", "--split_all_dirs=2")
    terminal.says(*DOWNLOAD)
    assert (terminal.repository() / "imagenet" / "n0" / WNID / "journal").is_dir()
    assert (terminal.repository() / "dataset" / "_" / "5").is_dir()
    agree(terminal, ["5", "42", "9981"])


def test_entries_follow_when_the_splits_are_changed(terminal: Terminal, web: PracticeWeb) -> None:
    """Numbers may be called as the folders are in which others lie."""
    good = [web.link(WNID, number, "good", n) for n, number in enumerate((5, 42, 99, 423, 9981))]
    web.set_links(WNID, good)
    numbers = ["5", "42", "99", "423", "9981"]
    terminal.says(*DOWNLOAD)
    before = terminal.pictures()
    for splits in (*SPLITS, {key: "0" for each in SPLITS for key in each}):
        set_kernel(terminal, **{key: "0" for each in SPLITS for key in each})
        set_kernel(terminal, **splits)
        web.requests.clear()
        done = terminal.json(*DOWNLOAD)["synsets"][0]
        assert (done["here"], done["to_fetch"]) == (5, 0)
        assert not [path for _, path in web.requests.counts() if path.endswith(".jpg")]
        agree(terminal, numbers)
    assert terminal.pictures() == before
    uid = terminal.json("load", f"{REPOSITORY}:dataset:99")["data_uid"]
    set_kernel(terminal, split_dirs__dataset="2")
    found = terminal.ck("check", "imagenet").stdout
    assert found.count("misplaced") == 5
    assert "missing" not in found
    terminal.says("check", "imagenet", "--repair")
    agree(terminal, numbers)
    assert terminal.json("load", f"{REPOSITORY}:dataset:99")["data_uid"] == uid


def test_a_summary_is_not_believed_when_entries_in_split_folders_have_changed(
    terminal: Terminal, web: PracticeWeb
) -> None:
    set_kernel(terminal, split_dirs__dataset="2")
    terminal.says(*DOWNLOAD)
    entry = terminal.repository() / "dataset" / "99" / "9981"
    (entry / f"{WNID}_9981.jpg").unlink()
    assert terminal.json("status", "imagenet")["total"]["here"] == 2
    terminal.says("rm", f"{REPOSITORY}:dataset:42", "--force")
    assert terminal.json("status", "imagenet")["total"]["here"] == 1


class Index:
    """An index as CK knows them, on loopback: what has been put there, and what has gone."""

    def __init__(self) -> None:
        self.documents: dict[str, Any] = {}
        self.heard: list[tuple[str, str]] = []
        index = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                size = int(self.headers.get("Content-Length") or 0)
                sent = self.rfile.read(size)
                index.heard.append((self.command, self.path))
                if self.command != "DELETE":
                    index.documents[self.path] = json.loads(sent)
                else:
                    index.documents.pop(self.path, None)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"{}")

            def __getattr__(self, name: str) -> Any:
                if name in ("do_PUT", "do_POST", "do_DELETE"):  # CK means PUT where it sends POST
                    return self._answer
                raise AttributeError(name)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def entries(self, module: str = "dataset") -> list[str]:
        """Return the names of the entries that it knows."""
        known = self.documents.values()
        return sorted(each["data_uoa"] for each in known if each["module_uoa"] == module)


@pytest.fixture
def index() -> Iterator[Index]:
    """An index that listens."""
    index = Index()
    yield index
    index.server.shutdown()
    index.server.server_close()


@pytest.mark.parametrize("how", ["index_use_curl", "index_use_web"])
def test_ck_s_index_hears_of_each_entry_added_changed_and_removed(
    terminal: Terminal, web: PracticeWeb, index: Index, how: str
) -> None:
    port = str(index.server.server_address[1])
    asked = {"index_host": "http://127.0.0.1", "index_port": port, how: "yes"}
    set_kernel(terminal, use_indexing="yes", **asked)
    terminal.says(*DOWNLOAD)
    assert index.entries() == ["42", "5", "9981"]
    assert index.entries("imagenet") == [WNID]
    assert index.entries("repo") == [REPOSITORY]
    (one,) = (each for each in index.documents.values() if each["data_uoa"] == "9981")
    assert one["dict"] == terminal.json("load", f"{REPOSITORY}:dataset:9981")["dict"]
    journal = terminal.repository() / "imagenet" / WNID / "journal"
    meta = terminal.repository() / "dataset" / "42" / ".cm" / "meta.json"
    meta.write_text(meta.read_text().replace('"jpeg"', '"jpg"'))
    terminal.says("check", "imagenet", "--repair")
    (one,) = (each for each in index.documents.values() if each["data_uoa"] == "42")
    assert "jpeg" in one["dict"]["tags"]
    assert journal.is_dir()
    terminal.says("clean", "imagenet", f"--wnid={WNID}", "--number=42", "--force")
    assert index.entries() == ["5", "9981"]
    terminal.says("clean", "imagenet", f"--wnid={WNID}", "--all", "--force")
    assert index.documents == {}


def test_an_index_that_does_not_answer_ends_the_run_and_leaves_no_half_an_entry(
    terminal: Terminal, web: PracticeWeb
) -> None:
    terminal.says(*DOWNLOAD, "--max-images=1")
    before = terminal.tree()
    before.remove(f"imagenet/{WNID}/summary.json")
    set_kernel(
        terminal,
        use_indexing="yes",
        index_use_web="yes",
        index_host="http://127.0.0.1",
        index_port="9",
    )
    for processes in ("1", "2"):
        said = terminal.refuses(*DOWNLOAD, f"--processes={processes}")
        assert "problem accessing indexing server" in said
        assert terminal.tree() == before
    set_kernel(terminal, use_indexing="no")
    terminal.says(*DOWNLOAD)
    agree(terminal, ["5", "42", "9981"])


def test_each_entry_tells_of_its_author_and_licence(terminal: Terminal, web: PracticeWeb) -> None:
    own = {
        "default_developer": "Zoë",
        "default_developer_email": "zoe@example.com",
        "default_developer_webpage": "http://zoe.example/",
        "default_license": "CC0",
        "default_copyright": "nobody",
    }
    set_kernel(terminal, **own)
    terminal.says(*DOWNLOAD)
    wanted = {key.replace("default_", "").replace("developer", "author"): own[key] for key in own}
    for entry in (f"{REPOSITORY}:dataset:5", f"{REPOSITORY}:imagenet:{WNID}", f"repo:{REPOSITORY}"):
        control = terminal.json("load", entry, "--common_func=yes")["info"]["control"]
        assert wanted.items() <= control.items()


def test_ck_may_force_lower_case(terminal: Terminal, web: PracticeWeb) -> None:
    set_kernel(terminal, force_lower="yes")
    terminal.says(*DOWNLOAD)
    agree(terminal, ["5", "42", "9981"])
    terminal.says("clean", "imagenet", f"--wnid={WNID}", "--all", "--force")
    assert not terminal.repository().exists()


def git(terminal: Terminal, *words: str) -> str:
    return subprocess.run(
        ["git", *words],
        cwd=terminal.repository(),
        env=terminal.environment,
        capture_output=True,
        encoding="utf-8",
        check=True,
    ).stdout


def test_what_is_shared_and_synced_is_told_to_git_entry_by_entry(
    terminal: Terminal, web: PracticeWeb
) -> None:
    terminal.says("add", f"repo:{REPOSITORY}", "--quiet")
    git(terminal, "init", "--quiet")
    tell_repository(terminal, shared="git", sync="yes")
    terminal.says(*DOWNLOAD, "--jobs=8", "--processes=2")
    added = set(git(terminal, "diff", "--cached", "--name-only").split())
    for number in ("5", "42", "9981"):
        uid = terminal.json("load", f"{REPOSITORY}:dataset:{number}")["data_uid"]
        assert {
            f"dataset/{number}/{WNID}_{number}.jpg",
            f"dataset/{number}/.cm/meta.json",
            f"dataset/.cm/alias-a-{number}",
            f"dataset/.cm/alias-u-{uid}",
        } <= added
    assert not [name for name in added if ".new-" in name]
    # What git prints is not mixed with what is asked for.
    done = terminal.json("clean", "imagenet", f"--wnid={WNID}", "--number=42", "--force")
    assert done["synsets"][0]["pictures"] == 1
    assert "dataset/42/" not in git(terminal, "ls-files")
    agree(terminal, ["5", "9981"])
    said = terminal.says("clean", "imagenet", f"--wnid={WNID}", "--all", "--force")
    assert said.startswith(WNID)
    assert "rm '" not in said


def test_a_remote_repository_is_no_place_for_pictures(terminal: Terminal, web: PracticeWeb) -> None:
    terminal.says("add", f"repo:{REPOSITORY}", "--quiet", "--remote", "--url=http://127.0.0.1:9/")
    said = terminal.refuses(*DOWNLOAD)
    assert said == (
        f'the CK repository "{REPOSITORY}" is remote, and pictures can only be saved on this '
        "machine"
    )
    assert not terminal.repository().exists()


def test_many_threads_and_processes_make_the_first_entries_of_a_split_repository(
    terminal: Terminal, web: PracticeWeb
) -> None:
    numbers = list(range(1000, 1060))
    web.set_links(WNID, [web.link(WNID, n, "good", n % len(web.hosts)) for n in numbers])
    set_kernel(terminal, split_dirs__dataset="3")
    terminal.says(*DOWNLOAD, "--jobs=32", "--processes=2")
    assert len(terminal.says("list", f"{REPOSITORY}:dataset:*").split()) == len(numbers)
    assert terminal.says("check", "imagenet") == ""
