"""A pytest plugin for `-p tests.no_skips`, as in `.ci/run`: a skipped test fails the run."""

from __future__ import annotations

import pytest


def skipped(config: pytest.Config) -> int:
    """The number of tests and of whole files skipped so far; 0 in a worker, which reports none."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return len(reporter.stats.get("skipped", [])) if reporter else 0


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn a success with skipped tests into a failure."""
    if session.exitstatus == pytest.ExitCode.OK and skipped(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say so before the closing line."""
    number = skipped(config)
    if number:
        terminalreporter.section("skips are failures here", red=True)
        terminalreporter.write_line(f"{number} skipped: see the reasons below")
