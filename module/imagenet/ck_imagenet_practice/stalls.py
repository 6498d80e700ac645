"""Behaviours that never come to an end, or to one too early."""

from __future__ import annotations

import math
from itertools import repeat

from .exchange import Exchange
from .registry import behaviour, content_type, half, number, picture
from .serving import good

TEN_GIGABYTES = 10**10
_BLOCK = bytes(65536)


@behaviour("silent")
def silent(exchange: Exchange) -> None:
    """`/silent/FILE`: never answers; `/silent/TIMES/FILE`: so many times, then the picture."""
    if exchange.visit > number(exchange, default=math.inf):
        good(exchange)
    else:
        exchange.wait(None)


@behaviour("head-only")
def head_only(exchange: Exchange) -> None:
    """`/head-only/FILE`: the headers, and then nothing."""
    exchange.answer(200, b"", content_type(exchange), length=len(picture(exchange)))
    exchange.wait(None)


@behaviour("drip")
def drip(exchange: Exchange) -> None:
    """`/drip/FILE`: the picture, then more, a byte a second for ever; `/drip/SECONDS/FILE`."""
    pause = number(exchange, default=1)
    exchange.answer(200, b"", content_type(exchange), length=TEN_GIGABYTES // 1000)
    for byte in picture(exchange):
        exchange.send(bytes([byte]))
        exchange.wait(pause)


@behaviour("endless")
def endless(exchange: Exchange) -> None:
    """`/endless/FILE`: the picture, and then more, as fast as it goes, for ever."""
    exchange.hang_up()
    exchange.head(200, {"Content-Type": content_type(exchange), "Connection": "close"})
    exchange.send(picture(exchange))
    for block in repeat(_BLOCK):
        exchange.send(block)


@behaviour("announced")
def announced(exchange: Exchange) -> None:
    """`/announced/FILE`: the picture as the beginning of the 10 GB that are announced."""
    exchange.answer(200, picture(exchange), content_type(exchange), length=TEN_GIGABYTES)
    exchange.wait(None)


@behaviour("truncated")
def truncated(exchange: Exchange) -> None:
    """`/truncated/FILE`: half of what Content-Length announces, then the end."""
    exchange.hang_up()
    whole = len(picture(exchange))
    exchange.answer(200, half(exchange), content_type(exchange), length=whole)


@behaviour("reset")
def reset(exchange: Exchange) -> None:
    """`/reset/TIMES/FILE`: half, then a reset of the connection, so many times; then all of it."""
    if exchange.visit > number(exchange):
        good(exchange)
    else:
        truncated(exchange)
        exchange.reset()


@behaviour("hang-up")
def hang_up(exchange: Exchange) -> None:
    """`/hang-up/FILE`: the end, before a byte has been answered."""
    exchange.hang_up()
