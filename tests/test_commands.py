"""Commands that tests start: forked, they are what Pythons are that are started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from commands import Command

TELL = "import os, sys; print(sys.argv[1:], os.getcwd(), os.environ['NAME'], sys.stdin.read())"


def started(code: str, folder: Path, *arguments: str, stdin: int = subprocess.DEVNULL) -> Command:
    env = {**os.environ, "NAME": "x"}
    return Command(code, ("-c", *arguments), cwd=folder, env=env, stdin=stdin)


def test_it_has_what_it_was_given(tmp_path: Path) -> None:
    with started(TELL, tmp_path, "a", stdin=subprocess.PIPE) as command:
        said = command.communicate("ü\udcff")
    assert said == (f"['a'] {tmp_path} x ü\udcff\n", "")


@pytest.mark.parametrize(
    ("code", "ending"),
    [
        ("", (0, "", "")),
        ("print('a', end=''); raise SystemExit", (0, "a", "")),
        ("import sys; sys.exit(130)", (130, "", "")),
        ("import sys; sys.exit('why')", (1, "", "why\n")),
        ("import atexit; atexit.register(print, 'late')", (0, "late\n", "")),
        ("import os; os.kill(os.getpid(), 9)", (-signal.SIGKILL, "", "")),
        ("import os; os.close(1); print('a', flush=False)", (120, "", "Bad file descriptor")),
        ("1 / 0", (1, "", "ZeroDivisionError: division by zero\n")),
        ("import signal; signal.raise_signal(2)", (-signal.SIGINT, "", "KeyboardInterrupt\n")),
    ],
)
def test_it_ends_as_a_python_does(tmp_path: Path, code: str, ending: tuple[int, str, str]) -> None:
    returncode, out, err = ending
    with started(code, tmp_path) as command:
        said, errors = command.communicate()
    assert (command.returncode, said) == (returncode, out)
    assert err in errors if err else not errors


def test_who_starts_it_may_wait_for_its_end_and_send_it_signals(tmp_path: Path) -> None:
    with started("import time; print('begun', flush=True); time.sleep(60)", tmp_path) as command:
        assert command.stdout
        assert command.stdout.readline() == "begun\n"
        assert command.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            command.communicate(timeout=0.01)
        command.terminate()
        assert command.wait(timeout=60) == -signal.SIGTERM
        assert command.communicate() == ("", "")


def test_when_who_started_it_is_killed_it_is_killed_too(tmp_path: Path) -> None:
    code = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from commands import Command
command = Command("import time; time.sleep(600)", ["-c"], cwd="/", env={{}})
print(command.pid, flush=True)
command.wait()
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as tests:
        assert tests.stdout
        pid = int(tests.stdout.readline())
        assert Path(f"/proc/{pid}/exe").exists()
        tests.kill()
    end = time.monotonic() + 20
    while time.monotonic() < end and Path(f"/proc/{pid}/exe").exists():
        time.sleep(0.01)
    assert not Path(f"/proc/{pid}/exe").exists()
