"""The package: what `python -m build` makes of the checkout, and what an installation has of it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import markdown_pages as markdown
import pytest
from terminal import CHECKOUT

pytestmark = pytest.mark.every_python

LIBRARY = CHECKOUT / "module" / "imagenet" / "ck_imagenet"

DATA = [
    f"ck_imagenet/catalogue/data/{name}"
    for name in ("synsets.tsv.gz", "definitions.tsv.gz", "WORDNET-LICENSE.txt")
]
"""What the catalogue is read from, and the licence that must travel with it."""

IN_ANOTHER_FOLDER = """
import importlib.util
import ck_imagenet
print(ck_imagenet.__file__)
print(importlib.util.find_spec("ck_imagenet_practice"))
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an sdist and a wheel that was made from it; nothing is downloaded for them."""
    folder = tmp_path_factory.mktemp("built")
    said = said_by("-m", "build", "--no-isolation", "--outdir", str(folder), str(CHECKOUT))
    assert "warn" not in said.lower(), said
    return folder


def said_by(*arguments: str, cwd: Path = CHECKOUT, path: str = "") -> str:
    """Run a Python with `arguments`; return what it says on both streams."""
    environment = {**os.environ, "PYTHONPATH": path, "COLUMNS": "1000"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def the_only(folder: Path, pattern: str) -> Path:
    [path] = folder.glob(pattern)
    return path


def test_what_is_built_passes_the_checks_of_the_index_without_a_warning(built: Path) -> None:
    files = sorted(built.iterdir())
    said = said_by("-m", "twine", "check", "--strict", *map(str, files))
    plain = re.sub(r"\x1b\[\d*m", "", said)
    assert plain.splitlines() == [f"Checking {path}: PASSED" for path in files]


def metadata(built: Path) -> tuple[str, str]:
    """Return the fields of what the index is told, and its page."""
    with zipfile.ZipFile(the_only(built, "*.whl")) as wheel:
        [name] = [name for name in wheel.namelist() if name.endswith("/METADATA")]
        fields, _, page = wheel.read(name).decode().partition("\n\n")
        return fields, page


def test_every_link_and_picture_of_the_page_of_the_index_is_one_of_the_repository(
    built: Path, tmp_path: Path
) -> None:
    page = tmp_path / "page.md"
    page.write_text(metadata(built)[1], "utf-8")
    project = r"github(?:usercontent)?\.com/ck-imagenet/ck-imagenet/(?:blob/)?main/([^#]*)"
    links = list(markdown.links(page))
    assert [link for link in links if not link.startswith("https://")] == []
    there = [found[1] for link in links for found in [re.search(project, link)] if found]
    assert [path for path in there if not (CHECKOUT / path).is_file()] == []
    assert len(links) == len(list(markdown.links(CHECKOUT / "README.md")))
    assert {"docs/commands.md", "LICENSE"} <= {*there}
    assert [path for path in there if path.endswith(".webp")]


def test_the_wheel_has_the_library_with_its_data_and_nothing_else(built: Path) -> None:
    with zipfile.ZipFile(the_only(built, "*.whl")) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    files = {path for path in LIBRARY.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    assert names == {path.relative_to(LIBRARY.parent).as_posix() for path in files}
    assert {"ck_imagenet/py.typed", *DATA} <= names


def test_the_sdist_has_what_a_checkout_needs_to_be_a_repository_of_ck(built: Path) -> None:
    with tarfile.open(the_only(built, "*.tar.gz")) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    for needed in (".ckr.json", "module/imagenet/module.py", "requirements.txt", "tests/peer.py"):
        assert needed in names


def test_it_names_every_requirement_of_the_library_with_its_lower_bound(built: Path) -> None:
    lines = metadata(built)[0].splitlines()
    extras = [line.split(": ")[1] for line in lines if line.startswith("Provides-Extra:")]
    assert extras == ["codings", "dask", "export"]
    asked = {
        line.split(": ")[1].split(";")[0] for line in lines if line.startswith("Requires-Dist")
    }
    files = [CHECKOUT / f"requirements{extra}.txt" for extra in ("", *(f"-{e}" for e in extras))]
    named = [line for file in files for line in file.read_text("utf-8").splitlines()]
    bounds = {line.split(";")[0].lower() for line in named if line[:1] not in ("", "#")}
    assert {bound.replace("-", ".") for bound in asked} == {b.replace("-", ".") for b in bounds}


def test_an_installation_works_in_another_folder(built: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    pip = ("-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(site))
    said_by(*pip, str(the_only(built, "*.whl")))
    said = said_by("-c", IN_ANOTHER_FOLDER, cwd=tmp_path, path=str(site)).splitlines()
    assert said == [str(site / "ck_imagenet" / "__init__.py"), "None"]
    listed = (str(site / "bin" / "ck-imagenet"), "list", "--search=tinca tench")
    assert said_by(*listed, cwd=tmp_path, path=str(site)) == "n01440764\n"
