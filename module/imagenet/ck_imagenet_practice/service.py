"""image-net.org's list service as it was, or as much of it as is said to be alive."""

from __future__ import annotations

from typing import Callable, Iterable, Mapping, Sequence
from urllib.parse import parse_qs

from .exchange import Exchange
from .world import Link

ENDPOINTS: dict[str, str] = {
    "newer-urls": "/api/imagenet.synset.geturls",
    "newer-mapping": "/api/imagenet.synset.geturls.getmapping",
    "older-urls": "/api/text/imagenet.synset.geturls",
    "older-mapping": "/api/text/imagenet.synset.geturls.getmapping",
}
"""The path of each endpoint by its name here."""

UNKNOWN_SYNSET = b"Invalid url!"
NOT_READY = b"The synset is not ready yet. Please stay tuned!"

_HOME_PAGE = b"<!DOCTYPE html>\n<html><head><title>ImageNet</title></head><body></body></html>\n"


def _hang_up(exchange: Exchange) -> None:
    exchange.hang_up()


DEAD_ANSWERS: dict[str, Callable[[Exchange], None]] = {
    "missing": lambda exchange: exchange.answer(404, b"Not Found\n", "text/html"),
    "page": lambda exchange: exchange.answer(200, _HOME_PAGE, "text/html"),
    "invalid": lambda exchange: exchange.answer(200, UNKNOWN_SYNSET),
    "not-ready": lambda exchange: exchange.answer(200, NOT_READY),
    "empty": lambda exchange: exchange.answer(200),
    "hang-up": _hang_up,
}
"""What an endpoint that is not alive may answer, by name."""


class ListService:
    """Answers requests for lists.

    Parameters
    ----------
    links_of : callable
        Gives a synset's links: None if it does not exist, none if it is not ready.
    alive : iterable of str
        The endpoints that work, of `ENDPOINTS`.
    dead : str, or mapping of str to str
        What the others answer, of `DEAD_ANSWERS`, all of them or each.

    Raises
    ------
    ValueError
        If one of these names is none.
    """

    def __init__(
        self,
        links_of: Callable[[str], Sequence[Link] | None],
        alive: Iterable[str] = ENDPOINTS,
        dead: str | Mapping[str, str] = "missing",
    ) -> None:
        alive = set(alive)
        answers = dict.fromkeys(ENDPOINTS, dead) if isinstance(dead, str) else dead
        unknown = sorted(
            ((alive | set(answers)) - set(ENDPOINTS)) | (set(answers.values()) - set(DEAD_ANSWERS))
        )
        if unknown:
            raise ValueError(
                f"{', '.join(unknown)}: endpoints are {', '.join(ENDPOINTS)}; "
                f"dead ones answer {', '.join(DEAD_ANSWERS)}"
            )
        self._links_of = links_of
        self._alive = {ENDPOINTS[name]: name for name in alive}
        self._dead = {ENDPOINTS[name]: DEAD_ANSWERS[answer] for name, answer in answers.items()}

    def answer(self, exchange: Exchange) -> None:
        """Answer one request."""
        body = self.body(exchange.request.target)
        if body is None:
            path = exchange.request.target.partition("?")[0]
            self._dead.get(path, DEAD_ANSWERS["missing"])(exchange)
        else:
            exchange.answer(200, body)

    def body(self, target: str) -> bytes | None:
        """Return what an endpoint that works answers to a path with a query, None if it is none."""
        path, _, query = target.partition("?")
        endpoint = self._alive.get(path)
        if not endpoint:
            return None
        wnid = parse_qs(query).get("wnid", [""])[0]
        return self._list(wnid, mapping=endpoint.endswith("mapping"))

    def _list(self, wnid: str, mapping: bool) -> bytes:
        links = self._links_of(wnid)
        if links is None:
            return UNKNOWN_SYNSET
        if not links:
            return NOT_READY
        lines = (f"{link.name} {link.url}\r\n" if mapping else f"{link.url}\r\n" for link in links)
        return "".join(lines).encode("latin-1")
