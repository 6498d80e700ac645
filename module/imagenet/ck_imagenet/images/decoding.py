"""Pictures decoded by Pillow: only what costs no more than a bound, and never past a Ctrl-C."""

from __future__ import annotations

import io
import logging
import threading
import warnings
from concurrent.futures import Future
from typing import Callable, TypeVar

from PIL import Image

from ..core.side_by_side import CORES
from ..core.threads import started
from . import png, unended
from .bounds import passes, refuse_work
from .formats import FORMATS

Made = TypeVar("Made")

_LITTLE_WORK = 4_000_000
"""Pixels times passes that take so little time, and memory, that nobody needs to wait."""

# What Pillow thinks of hostile bytes is no news for anybody's terminal.
logging.getLogger("PIL").addHandler(logging.NullHandler())
logging.getLogger("PIL").propagate = False

# For all threads and for good: what `warnings` can change for a moment, it changes for all of them.
warnings.filterwarnings("ignore", module=r"PIL\.")

# A picture of the most pixels takes 400 MB while it is decoded.
_few_at_once = threading.Semaphore(max(2, CORES // 2))


def with_picture(data: bytes, work: Callable[[Image.Image], Made]) -> Made:
    """Return what `work` makes of a picture whose pixels have not been decoded yet.

    Nothing can interrupt a thread that decodes. So what takes long is done by another one, few at
    once, and who waits for it can be interrupted.

    Raises
    ------
    Failed
        TOO_LARGE if decoding would cost more than the bound.
    Exception
        A dozen kinds, as Pillow has them, of bytes that are no picture; and whatever `work` raises.
    """
    most = passes(data)
    readable = unended.readable(png.readable(data))
    with Image.open(io.BytesIO(readable), formats=list(FORMATS)) as image:
        refuse_work(*image.size, most)
        if image.width * image.height * most <= _LITTLE_WORK:
            return work(image)
        with _few_at_once:
            return _apart(work, image)


def _apart(work: Callable[[Image.Image], Made], image: Image.Image) -> Made:
    """Let a thread of its own work, which is left behind if this one is interrupted."""
    made: Future[Made] = Future()

    def run() -> None:
        try:
            made.set_result(work(image))
        except BaseException as error:  # which the other thread raises
            made.set_exception(error)

    if not started(threading.Thread(target=run, daemon=True), others=True):
        return work(image)
    return made.result()
