"""`ck-imagenet ACTION` does without Collective Knowledge what `ck ACTION imagenet` does with it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import write_docs
from ck_imagenet import __version__
from ck_imagenet.__main__ import main
from ck_imagenet.cli import doors
from ck_imagenet.commands import Workspace
from ck_imagenet.core.actions import ACTIONS
from ck_imagenet_practice import PracticeWeb
from terminal import CK, WNID, registered

DALMATIAN = "n02110341"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, web: PracticeWeb, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be in an empty folder, where the practice web is the internet, with a list of three links."""
    kinds = {1: "good", 2: "good", 3: "gone"}
    web.set_links(WNID, [web.link(WNID, number, kind) for number, kind in kinds.items()])
    for name, value in web.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Shell:
    """Runs commands in this process, as a user types them."""

    def __init__(self, capfd: pytest.CaptureFixture[str]) -> None:
        self._capfd = capfd

    def run(self, *words: str) -> tuple[int, str, str]:
        """Return the exit code of a command, and what it has written to either stream."""
        code = main(words)
        sys.stdout.flush()
        return (code, *self._capfd.readouterr())

    def says(self, *words: str) -> str:
        """Return what a command prints when all is well."""
        code, out, err = self.run(*words)
        assert (code, err) == (0, "")
        return out

    def refuses(self, *words: str) -> str:
        """Return the one sentence with which a command ends in an error."""
        code, out, err = self.run(*words)
        assert (code, out) == (1, "")
        assert err.startswith("ck-imagenet: ")
        return err[len("ck-imagenet: ") :].rstrip("\n")

    def asks(self, *words: str) -> str:
        """Return what a command says where a person would be asked, and nobody can be."""
        code, out, err = self.run(*words)
        assert (code, out) == (2, "")
        return err.rstrip("\n")


@pytest.fixture
def shell(capfd: pytest.CaptureFixture[str]) -> Shell:
    """A shell in the test's folder."""
    return Shell(capfd)


def process(*words: str, **popen: Any) -> subprocess.Popen[str]:
    """Return `python -m ck_imagenet` in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "ck_imagenet", *words],
        env={**os.environ, "PYTHONPATH": str(write_docs.MODULE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        **popen,
    )


def test_from_a_list_to_a_data_set(shell: Shell, folder: Path) -> None:
    assert (
        shell.says("geturls", f"--wnid={WNID}", "--mapping")
        .splitlines()[0]
        .startswith(f"{WNID}_1\thttp://")
    )
    assert shell.says("download", f"--wnid={WNID}") == (
        f"{WNID}  tench, Tinca tinca\n"
        "  2 pictures here, 3 links known, 2 saved now\n"
        "      1  gone            the host says that the picture is gone (404, 410)\n"
        "  The Wayback Machine may have pictures of 1 of these: ask it with --wayback\n"
    )
    assert shell.says("list", "--downloaded-only", "--words") == f"{WNID}\ttench, Tinca tinca\n"
    assert shell.says("status").split("\t")[:4] == [WNID, "2", "3", "0"]
    assert shell.says("check", "--decode") == ""
    page = folder / "imagenet" / WNID / ".ck-imagenet" / "gallery.html"
    assert shell.says("browse", f"--wnid={WNID}") == f"{page}\n"
    assert page.is_file()
    assert shell.says("export", "--to=tench") == (
        f"2 pictures of 1 synset are in {folder}/tench\n"
        "  2 written now, 0 removed\n"
        "  labels: 0 in the order of wnids; classes.txt also has ILSVRC2012's\n"
    )
    assert shell.says("clean", f"--wnid={WNID}", "--all", "--force").endswith("  done\n")
    assert sorted(path.name for path in folder.iterdir()) == ["imagenet", "tench"]
    assert not (folder / "imagenet" / WNID).exists()


def test_outdir_says_where_and_must_be_there_to_look_at(shell: Shell, folder: Path) -> None:
    shell.says("download", f"--wnid={WNID}", "--outdir=here", "--quiet")
    assert sorted(path.name for path in (folder / "here" / WNID).glob("*.jpg")) == [
        f"{WNID}_1.jpg",
        f"{WNID}_2.jpg",
    ]
    assert shell.says("list", "--downloaded-only", "--outdir=here") == f"{WNID}\n"
    assert shell.says("status", "--outdir=here").startswith(f"{WNID}\t2\t3")
    for words in (("status",), ("list", "--downloaded-only"), ("list", "--images"), ("browse",)):
        assert shell.refuses(*words, "--outdir=there") == (
            '--outdir="there" is not a folder: choose another'
        )
    assert shell.says("status") == ""


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("downlod",), "downlod is not an action: did you mean download?"),
        (("xyz",), f"xyz is not an action: the actions are {', '.join(ACTIONS)}"),
        (("help", "downlod"), "downlod is not an action: did you mean download?"),
        (("list", "--out=yaml"), '--out="yaml" is not possible: write --out=json, or leave it out'),
        (("download", "--job=10"), "--job is not an option: did you mean --jobs?"),
        (("download", "--jobs", "10"), '"10" stands alone: write --jobs=10'),
        (("download", WNID), f'"{WNID}" stands alone: write --wnid={WNID}'),
        (("list", "--search", "x"), '"x" stands alone: write --search=x'),
        (("demo", "x"), '"x" stands alone: options are written --name=value'),
        (("download", "--jobs=0"), "--jobs=0 is too small: the least is 1"),
        (("download", "--wnid"), "--wnid needs a value: write --wnid=…"),
        (
            ("download", "--wnid=n99999999"),
            "--wnid=n99999999: ImageNet has no such synset. See all synsets: ck-imagenet list",
        ),
        (
            ("export", "--to=x", "--register"),
            (
                "--register needs Collective Knowledge: type ck export imagenet in place of "
                "ck-imagenet export"
            ),
        ),
        (
            ("list", "--sort=urls"),
            "--sort needs the archive of all URLs; get it with: ck-imagenet geturls --all",
        ),
        (
            ("check", f"--wnid={WNID}"),
            (
                f"no pictures of {WNID} are here. See which synsets have some: ck-imagenet list "
                "--downloaded-only"
            ),
        ),
        (
            ("browse",),
            "no pictures are here yet. Begin with: ck-imagenet download --wnid=n01440764",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_the_sentence_that_ck_has(
    shell: Shell, folder: Path, words: tuple[str, ...], sentence: str
) -> None:
    assert shell.refuses(*words) == sentence
    assert list(folder.iterdir()) == []


def test_an_option_twice_is_refused_and_quotes_are_advised(shell: Shell) -> None:
    said = shell.refuses("download", "--from=a-0.tar", "--from=a-1.tar")
    assert said == (
        "--from is given twice: leave one out. If its value has braces, put quotes around it, "
        "since the shell makes several words of it"
    )


def test_words_that_are_no_wnid_are_answered_with_synsets(shell: Shell) -> None:
    assert shell.asks("download", "--wnid=tench") == (
        '--wnid="tench" is not a wnid. 1 synset matches:\n'
        "  wnid       below  words and meaning\n"
        f"  {WNID}      0  tench, Tinca tinca\n"
        "                    freshwater dace-like game fish of Europe and western Asia\n"
        "                    noted for ability to survive outside water\n"
        f"Only {WNID}:\n"
        f"  ck-imagenet download --wnid={WNID}"
    )


def test_every_command_that_is_printed_can_be_pasted(shell: Shell, web: PracticeWeb) -> None:
    """No sentence without CK names a command of CK's."""
    web.set_links(DALMATIAN, [])
    said = [
        shell.refuses("download", f"--wnid={DALMATIAN}"),
        shell.asks("download", "--under=n02084071"),
        shell.asks("download", f"--wnid={WNID}", "--source=winter21"),
        shell.says("geturls", "--sources"),
        shell.says("list", "--images"),
    ]
    assert re.findall(r"\bck [a-z]+ imagenet", "\n".join(said)) == []
    assert re.findall(r"ck-imagenet (\w+) ", "\n".join(said)) == [
        *("geturls", "geturls", "download", "download", "geturls"),
    ]


@pytest.mark.parametrize("words", [("--help",), ("-h",), ("help",)])
def test_every_way_to_ask_for_help_is_answered(shell: Shell, words: tuple[str, ...]) -> None:
    assert shell.says(*words) == shell.says()
    assert shell.says("help", "list") == shell.says("list", "--help")
    assert shell.says("--version") == f"{__version__}\n"


def test_json_is_all_that_is_printed_if_it_is_wanted(shell: Shell) -> None:
    done = json.loads(shell.says("download", f"--wnid={WNID}", "--out=json"))
    [synset] = done["synsets"]
    assert (done["return"], synset["here"], synset["failed"]) == (0, 2, {"gone": 1})
    listed = json.loads(shell.says("geturls", f"--wnid={WNID}", "--out=json"))["lst"]
    assert [link["name"] for link in listed] == [f"{WNID}_{number}" for number in (1, 2, 3)]


def test_an_error_is_json_too_and_a_sentence_for_people_beside_it(shell: Shell) -> None:
    sentence = "nobody can be asked here: add force, or dry_run to see what would be removed"
    code, out, err = shell.run("clean", f"--wnid={WNID}", "--out=json")
    assert (code, err) == (1, f"ck-imagenet: {sentence}\n")
    assert json.loads(out) == {"return": 1, "error": sentence}


def test_a_finding_is_an_error(shell: Shell, folder: Path) -> None:
    shell.says("download", f"--wnid={WNID}")
    (folder / "imagenet" / WNID / f"{WNID}_1.jpg").unlink()
    code, out, err = shell.run("check")
    assert (code, out.split()[:2]) == (1, [f"{WNID}_1", "missing"])
    assert err == "ck-imagenet: 1 finding in 1 picture: repair with --repair\n"


def test_an_archive_of_all_urls_lies_beside_the_pictures(
    shell: Shell, web: PracticeWeb, folder: Path
) -> None:
    assert " URLs of " in shell.says("geturls", "--all")
    assert (folder / "imagenet" / ".ck-imagenet" / "fall11" / "urls.gz").is_file()
    assert shell.says("list", "--sort=urls", "--lower=0", "--upper=1")
    assert shell.says("geturls", "--sources").split()[:4] == ["archive", "on", "this", "machine"]


def test_without_the_practice_web_demo_says_where_it_is(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is where the library has been installed from a wheel."""
    for name in ("ck_imagenet_practice", "ck_imagenet_practice.world"):
        monkeypatch.setitem(sys.modules, name, None)
    assert shell.refuses("demo") == (
        "the practice web is not part of the installed library. Clone "
        "https://github.com/ck-imagenet/ck-imagenet, then type in that folder: make demo"
    )


def test_a_process_of_its_own_ends_quietly_when_nobody_reads(folder: Path) -> None:
    with process("list") as listing:
        assert listing.stdout is not None
        assert listing.stderr is not None
        assert listing.stdout.readline() == "n00004475\n"
        listing.stdout.close()
        assert listing.stderr.read() == ""
    assert listing.returncode == 0


def test_ctrl_c_ends_in_a_sentence_and_what_is_here_is_kept(folder: Path, web: PracticeWeb) -> None:
    links = [web.link(WNID, 1, "good"), web.link(WNID, 2, "silent")]
    web.set_links(WNID, links)
    with process("download", f"--wnid={WNID}", "--verbose", "--processes=1") as download:
        while not list(folder.glob("imagenet/*/*.jpg")):
            time.sleep(0.05)
        download.send_signal(signal.SIGINT)
        out, err = download.communicate()
    assert (download.returncode, out) == (130, "")
    assert err.splitlines()[-1] == ("Stopped: 1 of 2 saved. The same command goes on.")
    assert "Traceback" not in err


def test_commands_in_sentences_look_where_the_one_did_that_was_typed(
    shell: Shell, folder: Path
) -> None:
    (folder / "my out").mkdir()
    where = "'--outdir=my out'"
    assert shell.refuses("check", "--outdir=my out", f"--wnid={WNID}") == (
        f"no pictures of {WNID} are here. See which synsets have some: ck-imagenet list "
        f"--downloaded-only {where}"
    )
    _, _, told = shell.run("download", "--wnid=great white", "--outdir=my out")
    commands = [line.strip() for line in told.splitlines() if "ck-imagenet " in line]
    assert commands == [f"ck-imagenet download --wnid=n01484850 {where}"]
    place = Workspace("my out")
    assert place.told("Type: ck-imagenet list '--search=a b' | head") == (
        f"Type: ck-imagenet list '--search=a b' {where} | head"
    )
    for kept in ("ck-imagenet demo", "ck-imagenet list --outdir=x", "ck-imagenet has a bug"):
        assert place.told(kept) == kept


INTERRUPTED = """
import os, signal, sys

class CtrlC:
    def find_spec(self, name, path=None, target=None):
        if name == os.environ["INTERRUPTED_AT"]:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, CtrlC())
"""
"""Presses Ctrl-C when a module is about to be imported."""


@pytest.mark.parametrize("door", [["-m", "ck_imagenet", "list"], [CK[1], "list", "imagenet"]])
@pytest.mark.parametrize("at", ["cli.actions", "cli.doors", "core.actions", "commands.listing"])
def test_ctrl_c_is_answered_in_a_sentence_however_early_it_comes(
    folder: Path, door: list[str], at: str
) -> None:
    (folder / "sitecustomize.py").write_text(INTERRUPTED)
    path = os.pathsep.join([str(folder), str(write_docs.MODULE)])
    where = {"CK_REPOS": str(registered()), "PYTHONPATH": path}
    done = subprocess.run(
        [sys.executable, *door],
        env={**os.environ, **where, "INTERRUPTED_AT": f"ck_imagenet.{at}"},
        capture_output=True,
        encoding="utf-8",
    )
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "Stopped. The same command goes on.\n"


def test_ctrl_c_is_no_bug_where_python_makes_an_error_of_it() -> None:
    """As it does of what meets `__set_name__`, while a class is made, before 3.12."""

    def work(_: object) -> None:
        raise RuntimeError("Error calling __set_name__") from KeyboardInterrupt()

    assert doors.answer(work) == {"return": 130, "error": "Stopped. The same command goes on."}
