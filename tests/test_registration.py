"""How the repository comes into a user's CK: pulled, imported, or added with `repo.json`."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from typing import Callable, Iterator

import pytest
from registration_helpers import CHECKOUT, QUOTED_CLONE, Machine, environment, publish

Done = subprocess.CompletedProcess  # of a text
Way = Callable[[Machine], "Done[str]"]
Machines = Callable[[Way, str], Machine]


def pulled(machine: Machine) -> Done[str]:
    """`ck pull`, which clones the published repository into CK_REPOS."""
    return machine.ck("pull", "repo", f"--url=file://{machine.origin}")


def imported(machine: Machine) -> Done[str]:
    """`ck import` of the user's clone, from another folder."""
    return machine.ck("import", "repo", f"--path={machine.clone}", "--quiet")


def added_with_repo_json(machine: Machine) -> Done[str]:
    """`ck add` in the folder of the user's clone."""
    return machine.ck("add", "repo", "@repo.json", cwd=machine.clone)


in_every_way = pytest.mark.parametrize("way", [pulled, imported, added_with_repo_json])
of_a_clone = pytest.mark.parametrize("way", [imported, added_with_repo_json])
with_any_repos = pytest.mark.parametrize("repos", ["CK_REPOS", "my CK repositories"])


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    """A maker of machines with the repository registered, one for each way and CK_REPOS.

    CK needs to be told once to quote a CK_REPOS with a space in it, before it can pull into it.
    """
    made: dict[tuple[Way, str], Machine] = {}
    published = tmp_path_factory.mktemp("published")
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        closed_port = holder.getsockname()[1]
        origin = publish(published, environment(published, closed_port))

        def machine(way: Way, repos: str) -> Machine:
            if (way, repos) not in made:
                new = Machine(tmp_path_factory.mktemp("machine"), repos, origin, closed_port)
                if " " in repos:
                    new.ck("update", "local:kernel:default", QUOTED_CLONE)
                done = way(new)
                assert done.returncode == 0, done.stdout + done.stderr
                made[way, repos] = new
            return made[way, repos]

        yield machine


@in_every_way
@with_any_repos
def test_the_module_works_from_any_folder(machines: Machines, way: Way, repos: str) -> None:
    machine = machines(way, repos)
    assert "\n  download  " in machine.ck("help", "imagenet").stdout
    listed = machine.ck("list", "imagenet")
    wnids = listed.stdout.splitlines()
    assert (listed.stderr, len(wnids), wnids[:1]) == ("", 21_842, ["n00004475"])


@in_every_way
@with_any_repos
def test_repository_and_module_keep_their_uids(machines: Machines, way: Way, repos: str) -> None:
    machine = machines(way, repos)
    place = machine.repos / "ck-imagenet" if way is pulled else machine.clone
    repo_uid = json.loads((CHECKOUT / ".ckr.json").read_text())["data_uid"]
    assert machine.ck("find", f"repo:{repo_uid}").stdout.strip() == str(place)

    module_info = json.loads((CHECKOUT / "module/imagenet/.cm/info.json").read_text())
    found = machine.ck("find", f"ck-imagenet:module:{module_info['backup_data_uid']}")
    assert found.stdout.strip() == str(place / "module" / "imagenet")


@in_every_way
@with_any_repos
def test_registering_writes_neither_to_the_repository_nor_to_the_home_folder(
    machines: Machines, way: Way, repos: str
) -> None:
    machine = machines(way, repos)
    status = ["git", "-C", str(machine.registered), "status", "--porcelain"]
    assert subprocess.check_output(status, env=machine.env) == b""
    assert not {"CK", ".ck"}.intersection(path.name for path in machine.home.iterdir())


@of_a_clone
@with_any_repos
def test_a_second_registration_says_so_and_harms_nothing(
    machines: Machines, way: Way, repos: str
) -> None:
    machine = machines(way, repos)
    second = way(machine)
    assert second.returncode == 16
    assert second.stdout == (
        "CK error: [repo] repository with a given path is already registered in CK!\n"
    )
    assert machine.ck("list", "repo").stdout.split().count("ck-imagenet") == 1
    assert machine.registered == machine.clone


@with_any_repos
def test_pulling_a_second_time_updates(machines: Machines, repos: str) -> None:
    machine = machines(pulled, repos)
    second = pulled(machine)
    assert second.returncode == 0
    assert "Already up to date" in second.stdout
    assert machine.registered == machine.repos / "ck-imagenet"


@of_a_clone
@with_any_repos
def test_a_clone_beside_the_pulled_repository_is_refused(
    machines: Machines, way: Way, repos: str
) -> None:
    """Two folders cannot be the one repository ck-imagenet: the first stays."""
    machine = machines(pulled, repos)
    second = way(machine)
    assert second.returncode == 16
    assert "entry already exists" in second.stdout
    assert machine.registered == machine.repos / "ck-imagenet"


@pytest.mark.parametrize(
    ("action", "package"),
    [
        ("download", "requests"),
        ("download", "PIL"),
        ("download", "filelock"),
        ("geturls", "requests"),
    ],
)
def test_a_missing_package_is_one_sentence_with_the_command_that_installs_it(
    machines: Machines, action: str, package: str
) -> None:
    machine = machines(pulled, "my CK repositories")
    requirements = machine.repos / "ck-imagenet" / "requirements.txt"
    done = machine.ck(action, "imagenet", "--wnid=n01440764", without=package)
    command = f'"{sys.executable}" -m pip install -r "{requirements}"'
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("CK error: [imagenet] ")
    assert (done.stdout.count("\n"), done.stdout.count(f"{command}\n")) == (2, 1)
    assert requirements.is_file()
