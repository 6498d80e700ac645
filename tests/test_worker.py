"""What a process that fetches for another remembers."""

from __future__ import annotations

import io
import pickle

import pytest
from ck_imagenet.core.text import ImageName
from ck_imagenet.engine import worker
from ck_imagenet.engine.link import Task
from ck_imagenet.storage.numbering import Link
from terminal import WNID


def test_a_task_for_a_host_of_long_ago_goes_round_by_its_owner(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker, "MOST_OWNERS", 2)
    said = io.BytesIO()
    recorder = worker._PipeRecorder(said)
    urls = [f"http://{host}.example/x.jpg" for host in ("first", "second", "third")]
    first, second, third = (
        Task(Link(ImageName(WNID, number), url), "a list") for number, url in enumerate(urls)
    )
    recorder.add([first, second])
    assert not recorder.hand_over(first)
    recorder.add([first, third])
    assert not recorder.hand_over(first)
    assert said.getvalue() == b""
    assert recorder.hand_over(second)
    kind, task = pickle.loads(said.getvalue())  # noqa: S301 - of this test
    assert (kind, task.link) == ("moved", second.link)
