"""What a run asks with, made from its options."""

from __future__ import annotations

from typing import Iterable

from .. import USER_AGENT
from ..actions import DownloadOptions
from ..web.addresses import Guard
from ..web.connections import Limits
from ..web.fetch import Fetcher
from ..web.named import answering
from ..web.resolve import Resolver
from .crawl import Manner

_SLOW = 60.0
"""Seconds that an archive may take for one URL."""


def fetcher(options: DownloadOptions, trusted: Iterable[str] = ()) -> Fetcher:
    """Return what asks for pictures; raise BadInput if the options cannot be used.

    What the user names himself is trusted: exactly its host and port.
    """
    guard = Guard.allowing(options.allow_private)
    for address in trusted:
        guard = guard.trusting_url(address)
    return Fetcher(
        guard,
        Limits.within(options.timeout),
        Resolver(answering(options.resolve)),
        user_agent=options.user_agent or USER_AGENT,
        obey_opt_out=not options.ignore_opt_out,
        per_host=options.per_host,
        follow=not options.sleep,  # which lies between these requests too
    )


def wayback_fetcher(options: DownloadOptions) -> Fetcher:
    """Return what asks for pictures from the Wayback Machine, which takes its time."""
    return Fetcher(
        Guard.allowing(options.allow_private).trusting_url(options.wayback_service),
        Limits.within(max(_SLOW, options.timeout)),
        Resolver(answering(options.resolve)),
        user_agent=options.user_agent or USER_AGENT,
        obey_opt_out=not options.ignore_opt_out,
    )


def manner(options: DownloadOptions) -> Manner:
    """Return how to crawl."""
    return Manner(
        options.jobs,
        options.retry,
        options.sleep,
        options.per_host,
        archive=options.wayback_service,
    )
