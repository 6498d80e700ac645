"""What a crawl works with, and with whom."""

from __future__ import annotations

from typing import Callable, NamedTuple

from ..core.actions import PER_HOST, WAYBACK_SERVICE
from ..http.client import Fetcher
from ..storage.store import Store
from .host import Start
from .link import Task
from .rate_limiter import USUAL_BACK_OFF, BackOff
from .recorder import Book


class Manner(NamedTuple):
    """How to crawl."""

    jobs: int = 32
    """Connections at once."""
    retry: int = 2
    """Further attempts after the first."""
    per_host: int = PER_HOST
    """Connections to one host at once."""
    back_off: BackOff = USUAL_BACK_OFF
    """How long a busy host is left alone."""
    start: Callable[[str], Start] = lambda host: Start()
    """What is known of a host's pace before it is asked."""
    domain: Callable[[str], str] = lambda host: ""
    """What hosts have in common that belong together; nothing if they are alone."""
    successors: Callable[[str], list[str]] = lambda url: []
    """Under which addresses the picture of a link may be today, since its host has changed."""
    is_altered: Callable[[str], bool] = lambda url: False
    """Whether who gave a picture is known to alter what it gives."""
    archive: str = WAYBACK_SERVICE
    """The service whose captures of pictures are known by their address."""
    follow: Callable[[str], str] = lambda address: address
    """Where a redirect is followed to; raises Failed if nowhere."""


class Desk(NamedTuple):
    """What a crawl works with."""

    fetcher: Fetcher
    store: Store
    book: Book
    manner: Manner


class Colleagues:
    """Others from whom tasks may come; by default there are none.

    Attributes
    ----------
    at_work : bool
        Whether there are tasks elsewhere, which may come here.
    """

    at_work = False

    def lead_away(self, task: Task) -> bool:
        """Take a task that a redirect has led to another host, if that is another's; say so."""
        return False

    def ask_for_more(self) -> None:
        """Ask for tasks, since there will soon be connections to spare."""
