"""The set-up: which Python it takes, what it installs, and when it does so again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Callable, Sequence

import interpreters
import pytest
import setup_venv
from interpreters import Interpreter
from setup_venv import SetUpError

pytestmark = pytest.mark.every_python

TOOLS = Path(__file__).resolve().parent.parent / "tools"

PythonMaker = Callable[..., Path]


@pytest.fixture
def python(tmp_path: Path) -> PythonMaker:
    """A maker of commands that answer as a Python of the given version would."""

    def make(version: str, *, name: str = "python", has_venv: bool = True) -> Path:
        command = tmp_path / name
        status = 0 if has_venv else 1
        command.write_text(f'#!/bin/sh\necho "$0"\necho {version}\nexit {status}\n')
        command.chmod(0o755)
        return command

    return make


@pytest.mark.parametrize("version", ["3.8.0", "3.11.7", "3.14.99"])
def test_a_python_of_3_8_to_3_14_suits(python: PythonMaker, version: str) -> None:
    interpreter = interpreters.inspect(str(python(version)))
    assert interpreter is not None
    assert interpreters.refusal(interpreter) is None


@pytest.mark.parametrize("version", ["2.7.18", "3.7.16", "3.15.0"])
def test_another_python_is_refused_in_one_sentence(
    python: PythonMaker, tmp_path: Path, version: str
) -> None:
    command = python(version)
    assert failure_of("--venv", str(tmp_path / "venv"), "--python", str(command)) == (
        f"set-up: ck-imagenet runs on Python 3.8 to 3.14, and {command} (Python {version}) is none "
        "of them: name another one, make PYTHON=/path/to/python3\n"
    )
    assert not (tmp_path / "venv").exists()


def test_a_python_without_venv_is_refused_in_one_sentence(
    python: PythonMaker, tmp_path: Path
) -> None:
    command = python("3.11.2", has_venv=False)
    assert failure_of("--venv", str(tmp_path / "venv"), "--python", str(command)) == (
        f"set-up: {command} (Python 3.11.2) cannot make virtual environments (on Debian and "
        "Ubuntu, apt-get install python3.11-venv mends that): "
        "name another one, make PYTHON=/path/to/python3\n"
    )
    assert not (tmp_path / "venv").exists()


def test_what_is_no_python_is_refused_in_one_sentence(tmp_path: Path) -> None:
    command = tmp_path / "python3"
    assert failure_of("--venv", str(tmp_path / "venv"), "--python", str(command)) == (
        f"set-up: PYTHON={command} is no Python that runs: name one of 3.8 to 3.14\n"
    )


def test_a_folder_that_is_no_environment_is_left_alone(python: PythonMaker, tmp_path: Path) -> None:
    mine = tmp_path / "mine" / "file"
    mine.parent.mkdir()
    mine.write_text("mine")
    with pytest.raises(SetUpError, match="mine is no virtual environment"):
        setup_venv.create(mine.parent, Interpreter(str(python("3.11.7")), (3, 11, 7), True))
    assert mine.read_text() == "mine"


def test_the_first_suitable_python_on_path_is_chosen(
    python: PythonMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a too new `python3`, nor one without venv, nor a broken shim."""
    python("3.15.0", name="python3")
    python("3.13.1", name="python3.13", has_venv=False)
    (tmp_path / "python3.12").write_text("#!/bin/sh\nexit 127\n")
    (tmp_path / "python3.12").chmod(0o755)
    expected = python("3.10.4", name="python3.10")
    python("3.9.4", name="python3.9")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert setup_venv.choose("", before="").path == str(expected)


def test_the_python_used_before_is_chosen_again(
    python: PythonMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python("3.10.4", name="python3")
    before = str(python("3.8.18"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert setup_venv.choose("", before=before).path == before


def test_the_pythons_to_test_are_one_a_version_and_newest_first(
    python: PythonMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nine = python("3.9.1", name="python3")
    python("3.9.2", name="python3.9")
    ten = python("3.10.1", name="python3.10")
    python("3.15.1", name="python")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert [each.path for each in interpreters.suitable()] == [str(ten), str(nine)]


def test_a_python_of_many_names_is_named_once(
    python: PythonMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = python("3.7.16", name="python3")
    for name in ("python3.8", "python"):
        (tmp_path / name).symlink_to(first)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(interpreters, "pyenv_versions", lambda: "")
    with pytest.raises(SetUpError) as refused:
        setup_venv.choose("", "")
    assert str(refused.value).count("3.7.16") == 1
    assert f"{first} (Python 3.7.16)" in str(refused.value)


def test_pythons_that_pyenv_keeps_are_found(
    python: PythonMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pyenv = tmp_path / "pyenv"
    pyenv.write_text(f'#!/bin/sh\necho "{tmp_path}/root"\n')
    pyenv.chmod(0o755)
    (tmp_path / "root/versions/3.9.18/bin").mkdir(parents=True)
    kept = python("3.9.18", name="root/versions/3.9.18/bin/python")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert [each.path for each in interpreters.suitable()] == [str(kept)]


@pytest.mark.parametrize(
    ("version", "build"),
    [
        ((3, 8, 18), ["setuptools", "wheel"]),
        ((3, 11, 7), ["setuptools", "wheel"]),
        ((3, 12, 1), ["setuptools", "wheel", "zombie-imp"]),
        ((3, 13, 0), ["setuptools", "wheel", "zombie-imp", "legacy-cgi"]),
    ],
)
def test_what_ck_cannot_be_built_without_comes_first(
    version: tuple[int, ...], build: list[str]
) -> None:
    assert setup_venv.installs(version, dev=False) == [
        build,
        ["--no-build-isolation", "ck==2.6.4"],
        ["-r", "requirements.txt"],
    ]


def test_the_tools_of_tests_and_linters_come_with_dev_only() -> None:
    assert setup_venv.installs((3, 11, 7), dev=True)[-1] == [
        *("-r", "requirements.txt"),
        *("-r", "requirements-dev.txt"),
    ]


def test_the_oldest_releases_are_the_lower_bounds_of_what_the_library_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup_venv, "CHECKOUT", tmp_path)
    for name in setup_venv.OPTIONAL_REQUIREMENTS:
        (tmp_path / name).write_text("")
    (tmp_path / "requirements-dask.txt").write_text('dist-a>=2; python_version >= "3.10"\n')
    (tmp_path / "requirements.txt").write_text("# What it needs: b>=1.\nb_c.d>=1.2.3\n")
    assert setup_venv.oldest_releases() == (
        '# What it needs: b>=1.\nb_c.d==1.2.3\ndist-a==2; python_version >= "3.10"\n'
    )


class TestSettingUp:
    """When an environment is made, added to, or left as it is; no command is really run."""

    @pytest.fixture(autouse=True)
    def checkout(
        self, python: PythonMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.steps: list[str] = []
        self.folder = tmp_path / "check out"
        (self.folder / "tools").mkdir(parents=True)
        for name in setup_venv.INPUTS:
            (self.folder / name).write_text(name)
        self.venv = self.folder / ".venv"
        self.python = str(python("3.11.7"))
        monkeypatch.setattr(setup_venv, "CHECKOUT", self.folder)
        monkeypatch.setattr(setup_venv, "run", self.run)

    def run(self, command: Sequence[str], failure: str) -> None:
        """Stand in for the real commands: note the step, and leave what `venv` leaves."""
        if "venv" in command:
            (self.venv / "bin").mkdir(parents=True, exist_ok=True)
            (self.venv / "bin/python").touch()
            (self.venv / "pyvenv.cfg").touch()
        self.steps.append("venv" if "venv" in command else command[-1])

    def steps_of_set_up(self, *, dev: bool = False, python: str = "") -> list[str]:
        self.steps.clear()
        setup_venv.set_up(self.venv, python or self.python, dev=dev)
        return self.steps

    def test_the_first_time_everything_is_done(self) -> None:
        assert self.steps_of_set_up() == ["venv", "wheel", "ck==2.6.4", "requirements.txt"]

    def test_the_second_time_nothing_is_done(self) -> None:
        self.steps_of_set_up()
        assert self.steps_of_set_up() == []

    def test_tests_after_a_demo_only_add_what_they_need(self) -> None:
        self.steps_of_set_up()
        assert self.steps_of_set_up(dev=True)[-1] == "requirements-dev.txt"
        assert "venv" not in self.steps

    def test_a_demo_after_tests_needs_nothing(self) -> None:
        self.steps_of_set_up(dev=True)
        assert self.steps_of_set_up() == []

    @pytest.mark.parametrize("name", setup_venv.INPUTS)
    def test_a_change_of_what_it_depends_on_makes_it_anew(self, name: str) -> None:
        self.steps_of_set_up()
        (self.folder / name).write_text("changed")
        assert self.steps_of_set_up()[0] == "venv"

    def test_the_oldest_releases_make_it_anew(self) -> None:
        self.steps_of_set_up()
        setup_venv.set_up(self.venv, self.python, dev=False, oldest=True)
        assert self.steps[-1] == str(self.venv / "oldest.txt")
        assert (self.venv / "oldest.txt").read_text() == setup_venv.oldest_releases()

    def test_another_interpreter_makes_it_anew(self, python: PythonMaker) -> None:
        self.steps_of_set_up()
        assert self.steps_of_set_up(python=str(python("3.12.1", name="other")))[0] == "venv"

    def test_a_moved_checkout_makes_it_anew(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The `ck` command in it holds the old place's path."""
        self.steps_of_set_up()
        self.folder = self.folder.rename(self.folder.with_name("moved"))
        self.venv = self.folder / ".venv"
        monkeypatch.setattr(setup_venv, "CHECKOUT", self.folder)
        assert self.steps_of_set_up()[0] == "venv"

    def test_after_an_interruption_it_starts_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupted(venv: Path, packages: Sequence[str]) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(setup_venv, "pip_install", interrupted)
            with pytest.raises(KeyboardInterrupt):
                self.steps_of_set_up()
        assert self.steps_of_set_up()[0] == "venv"

    def test_an_environment_whose_python_is_gone_is_made_anew(self) -> None:
        self.steps_of_set_up()
        (self.venv / "bin/python").unlink()
        assert self.steps_of_set_up()[0] == "venv"


def failure_of(*arguments: str) -> str:
    """What the set-up, run with `arguments`, says on stderr when it gives up."""
    program = [sys.executable, str(TOOLS / "setup_venv.py")]
    done = subprocess.run([*program, *arguments], capture_output=True)
    assert (done.returncode, done.stdout) == (1, b"")
    return done.stderr.decode()
