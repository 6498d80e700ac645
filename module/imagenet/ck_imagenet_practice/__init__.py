"""A small web on loopback to try things on: the demo's, the tests' and the benchmarks' world."""

from .places import CannotListen
from .web import PracticeWeb
from .world import Link

__all__ = ["CannotListen", "Link", "PracticeWeb"]
