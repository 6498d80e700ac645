"""The examples of README and of the pages of docs/ do what they show: each is run from its text.

A block of `console` shows commands with their output, `sh` commands alone, `python` a program.
Those of a page run one after the other, in one folder. What needs other machines than this one is
`bash`, and must be a script that a shell can read.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Callable, Iterator

import markdown_pages as markdown
import pytest
import write_docs
from ck_imagenet.catalogue.selection import Selection, chosen
from ck_imagenet.core.actions import DemoOptions
from ck_imagenet_practice import PracticeWeb
from tarballs import tar
from terminal import CHECKOUT, WNID, Terminal

DOCS = CHECKOUT / "docs"
PORT = str(DemoOptions().port)
RUN = ("console", "sh", "python")


def shell(terminal: Terminal, command: str) -> subprocess.CompletedProcess[str]:
    """Run a command line as a user's shell would; without a shell where none is needed."""
    if re.fullmatch(r"ck [^|<>&;$*`~\\]*", command):
        return terminal.ck(*shlex.split(command)[1:], stderr=subprocess.STDOUT)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        ["sh", "-c", command],
        env={**terminal.environment, "PATH": path},
        cwd=terminal.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )


def steps(fence: markdown.Fence) -> Iterator[tuple[str, str | None]]:
    """Yield every command of a block, with its output where that is shown."""
    if fence.language == "console":
        for step in re.split(r"^\$ ", fence.text, flags=re.M)[1:]:
            command, _, output = step.partition("\n")
            yield command, output
    else:
        for line in fence.text.replace("\\\n", " ").splitlines():
            yield line, None


def python_prints(example: str, terminal: Terminal) -> str:
    """Return what an example prints, where the library is installed."""
    done = subprocess.run(
        [sys.executable, "-c", example],
        env={**terminal.environment, "PYTHONPATH": str(write_docs.MODULE)},
        cwd=terminal.folder,
        capture_output=True,
        encoding="utf-8",
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def old_files(terminal: Terminal, web: PracticeWeb) -> None:
    """Leave what the scripts of 2014-2016 worked with: the list of all URLs, a repository."""
    links = [web.link(WNID, number, "good") for number in (1, 9981)]
    web.set_links(WNID, links)
    listed = "".join(f"{link.name}\t{link.url}\n" for link in links).encode()
    with tarfile.open(terminal.folder / "imagenet_fall11_urls.tgz", "w:gz") as archive:
        member = tarfile.TarInfo("fall11_urls.txt")
        member.size = len(listed)
        archive.addfile(member, io.BytesIO(listed))
    (terminal.folder / "unknown").write_text(links[0].url)
    terminal.says("download", "imagenet", "--urls=unknown")


def copies(terminal: Terminal, web: PracticeWeb) -> None:
    """Lay down the copies of ImageNet that people have: a folder, a zip, tars and shards."""
    pictures = {
        f"{wnid}/{wnid}_{number}.JPEG": web.link(wnid, number, "good").picture()
        for wnid in (WNID, "n02110341")
        for number in (10026, 10027)
    }
    here = terminal.folder
    for name, data in pictures.items():
        path = here / "ILSVRC" / "Data" / "CLS-LOC" / "train" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    with zipfile.ZipFile(here / "imagenet-object-localization-challenge.zip", "w") as packed:
        for name, data in pictures.items():
            packed.writestr(f"ILSVRC/Data/CLS-LOC/train/{name}", data)
        packed.writestr("ILSVRC/Data/CLS-LOC/val/ILSVRC2012_val_00000001.JPEG", data)
    solution = "ImageId,PredictionString\nILSVRC2012_val_00000001,n02110341 1 2 3 4\n"
    (here / "LOC_val_solution.csv").write_text(solution)
    tars = {
        wnid: tar({key[10:].encode(): data for key, data in pictures.items() if key[:9] == wnid})
        for wnid in (WNID, "n02110341")
    }
    for folder in ("winter21", "shards"):
        (here / folder).mkdir()
    for wnid, whole in tars.items():
        (here / "winter21" / f"{wnid}.tar").write_bytes(whole)
    every = tar({f"{wnid}.tar".encode(): whole for wnid, whole in tars.items()})
    (here / "ILSVRC2012_img_train.tar").write_bytes(every)
    for shard, (name, data) in enumerate(pictures.items()):
        sample = name[10:-4].encode()
        path = here / "shards" / f"imagenet1k-train-{shard:04}.tar"
        path.write_bytes(tar({sample + b"jpg": data, sample + b"cls": b"0"}))


def without_settings(terminal: Terminal, web: PracticeWeb) -> None:
    """Let the page itself say where the practice web is."""
    for name in web.environment():
        del terminal.environment[name]


def every_dog(terminal: Terminal, web: PracticeWeb) -> None:
    """Give each synset of a dog some pictures."""
    for dog in chosen(Selection(under=("n02084071",))):
        web.set_links(dog, [web.link(dog, number, "good") for number in (1, 2)])
    terminal.environment.update(web.environment())


PREPARED: dict[str, Callable[[Terminal, PracticeWeb], None]] = {
    "README": every_dog,
    "from-the-old-scripts": old_files,
    "sources": copies,
    "tutorial": without_settings,
}
"""What must be there before the examples of a page run."""


def is_run(page: Path) -> bool:
    """Say whether a page has examples."""
    return any(fence.language in RUN for fence in markdown.fences(page))


@pytest.mark.parametrize(
    "page",
    [page for page in write_docs.PAGES if is_run(page) and page.stem != "python"],
    ids=lambda page: page.stem,
)
def test_the_examples_of_a_page_go_as_it_shows_them(
    page: Path, terminal: Terminal, web: PracticeWeb
) -> None:
    """`…` in what a page shows stands for anything."""
    port = web.service.rpartition(":")[2]
    if page.stem in PREPARED:
        PREPARED[page.stem](terminal, web)
    for fence in markdown.fences(page):
        here = markdown.Fence(fence.language, fence.text.replace(PORT, port))
        if here.language == "python":
            python_prints(here.text, terminal)
        elif here.language in RUN:
            follow(here, terminal)


def follow(fence: markdown.Fence, terminal: Terminal) -> None:
    """Type the commands of a block, and see what is said."""
    for command, output in steps(fence):
        exported = re.fullmatch(r"export (\w+)=(.*)", command)
        if exported:
            terminal.environment[exported.group(1)] = exported.group(2)
            continue
        done = shell(terminal, command)
        if output is None:
            assert done.returncode == 0, f"$ {command}\n{done.stdout}"
        else:
            pattern = re.escape(output).replace("…", ".*")
            assert re.fullmatch(pattern, done.stdout, re.S), f"$ {command}\n{done.stdout}"


@pytest.mark.parametrize("page", write_docs.PAGES, ids=lambda page: page.stem)
def test_what_a_page_shows_of_other_machines_is_a_script_that_a_shell_reads(page: Path) -> None:
    for fence in markdown.fences(page):
        if fence.language == "bash":
            done = subprocess.run(["bash", "-n"], input=fence.text, capture_output=True, text=True)
            assert (done.returncode, done.stderr) == (0, ""), fence.text


def old_lines() -> Iterator[tuple[str, str]]:
    """Yield the rows of the table of the succeeded scripts' commands."""
    page = (DOCS / "from-the-old-scripts.md").read_text("utf-8")
    table = page.partition("| then | now |\n|---|---|\n")[2].partition("\n\n")[0]
    for row in table.splitlines():
        then, now = row.strip("| ").split(" | ")
        yield then, now


def test_every_command_of_the_old_scripts_has_its_counterpart(
    terminal: Terminal, web: PracticeWeb
) -> None:
    old_files(terminal, web)
    port = web.service.rpartition(":")[2]
    commands = [now for _, now in old_lines() if now.startswith("`")]
    assert len(commands) == 13
    for command in commands:
        done = shell(terminal, command.strip("`").replace(PORT, port))
        assert done.returncode == 0, f"{command}\n{done.stdout}"
        assert done.stdout or "rm" in command or "--downloaded-only" in command, command
    assert len(terminal.pictures()) == 2
    assert len(list((terminal.folder / "dataset-imagenet" / WNID).glob("*.jpg"))) == 2
    assert not terminal.repository("unknown").exists()


def test_the_python_examples_print_what_has_been_done(terminal: Terminal, web: PracticeWeb) -> None:
    web.set_links(WNID, [web.link(WNID, 1, "good"), web.link(WNID, 2, "gone")])
    with_ck, without_ck = (
        each.text for each in markdown.fences(DOCS / "python.md") if each.language == "python"
    )
    assert python_prints(with_ck, terminal) == (
        "1 pictures here; what failed: {'gone': 1}\n"
        f"1 is in {terminal.repository()}/dataset/1\n"
        f"1 pictures in {terminal.folder}/tench\n"
    )
    assert python_prints(without_ck, terminal) == (
        "1 picture of 1 synset in pictures, 1 saved now\n"
        f"1 picture of 1 synset is in {terminal.folder}/fish\n"
    )
