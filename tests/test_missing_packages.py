"""What a user is told of a package that is missing: a command that works where the user is."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from terminal import CHECKOUT

SAYS = """
import json, os, sys, sysconfig
sys.path.insert(0, sys.argv[1])
if len(sys.argv) > 3:
    sysconfig.get_path = lambda name: sys.argv[3]
    sys.base_prefix = sys.prefix
from ck_imagenet.core.errors import sentence
print(sentence(ModuleNotFoundError(name=sys.argv[2])))
"""


def said(python: Path | str, package: str, *marked: str, path: str = os.defpath) -> str:
    """Return what a user of a Python is told, whose system may have marked it in a folder."""
    library = str(CHECKOUT / "module" / "imagenet")
    return subprocess.run(
        [str(python), "-c", SAYS, library, package, *marked],
        env={"PATH": path},
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    ).stdout.strip()


def wheel(folder: Path, name: str) -> Path:
    """Return a package of one empty module, to install without a network."""
    path = folder / f"{name}-1-py3-none-any.whl"
    about = f"{name}-1.dist-info"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(f"{name}.py", "")
        file.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        file.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{about}/RECORD", "")
    return path


def test_the_command_installs_in_an_environment(tmp_path: Path) -> None:
    """First in one that has no pip, as `uv venv` makes it; then it has pip."""
    folder = tmp_path / "an environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    requirements = f'-r "{CHECKOUT / "requirements.txt"}"'
    for name, has_pip in (("tiny", False), ("small", True)):
        text = said(python, "requests")
        head, _, command = text.partition(" is missing; get all packages with: ")
        assert (head, command.endswith(f" -m pip install {requirements}")) == (
            'the Python package "requests"',
            True,
        )
        assert ("ensurepip" in command) != has_pip
        command = command.replace(requirements, f'"{wheel(tmp_path, name)}"')
        environment = {"PATH": os.defpath, "PIP_NO_INDEX": "1"}
        subprocess.run(command, shell=True, env=environment, check=True)  # noqa: S602  as users type it
        subprocess.run([str(python), "-c", f"import {name}"], check=True)


def test_where_there_is_uv_and_no_pip_it_installs(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "made")], check=True
    )
    (tmp_path / "uv").write_text("")
    (tmp_path / "uv").chmod(0o755)
    python = tmp_path / "made" / "bin" / "python"
    assert said(python, "pyarrow", path=str(tmp_path)) == (
        'the Python package "pyarrow" is missing; get it with: '
        f'uv pip install --python "{python}" pyarrow'
    )


def test_the_python_of_a_system_that_manages_it_is_asked_to_install_all_the_same(
    tmp_path: Path,
) -> None:
    (tmp_path / "EXTERNALLY-MANAGED").write_text("[externally-managed]\n")
    assert said(sys.executable, "pyarrow", str(tmp_path)) == (
        'the Python package "pyarrow" is missing; use a virtual environment, as the README shows, '
        f'or get it with: "{sys.executable}" -m pip install --user --break-system-packages pyarrow'
    )


@pytest.mark.parametrize("package", ["pyarrow", "distributed"])
def test_what_is_optional_is_named_alone(package: str) -> None:
    assert said(sys.executable, package).endswith(f"-m pip install {package}")
