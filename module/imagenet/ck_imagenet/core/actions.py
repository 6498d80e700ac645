"""The actions and their options: the one table that code, `--help` and README share."""

from __future__ import annotations

from dataclasses import dataclass

from .. import USER_AGENT
from .options import (
    choice,
    duration,
    flag,
    kinds,
    number,
    numbers,
    seconds,
    setting,
    text,
    wnids,
    word,
)
from .registries import LAYOUTS, SOURCES, one_of, source

SERVICE = source("imagenet").address
WAYBACK_SERVICE = source("wayback").address
WINTER21 = source("winter21").address
ENGINES = ("dask",)
LINKS = ("hard", "symbolic", "copy")
PER_HOST = 10
"""Connections to one host at once."""

ARCHIVE_SHA1 = "f5fd118232b871727fe333778be81df6c6fec372"
"""As ImageNet has published it."""

_WNID = "the synset's wnid, or several with commas between"
_UNDER = "only this synset and those below it"
_SEARCH = "only synsets with all these words, or words beginning so"
_ILSVRC2012 = "only the 1,000 synsets of ILSVRC2012"
_LOWER = "first position in the order of wnids"
_UPPER = "last position, by default the last there is"
_URLS = (
    "a list of URLs, a file or an address, in which {wnid} stands for the wnid: "
    "a URL a line, or a name and a URL, or a table with such columns; plain, .gz or .tgz"
)
_TAR = (
    "take the pictures from a tar instead, a file or an address, in which {wnid} stands for the "
    "wnid: of a class, or of the tars of classes; plain or .gz"
)
_NAMED = [row for row in SOURCES if row.is_named]
_WITH_LISTS = one_of([row.name for row in _NAMED if row.has_lists])
_WITH_PICTURES = one_of([row.name for row in _NAMED if not row.has_lists])
_SOURCE = (
    f"ask only this place: {_WITH_LISTS}, which have lists, or {_WITH_PICTURES}, which has pictures"
)
_REFRESH = "ask again for a list that is kept here"
_WINTER21 = "the address of winter21's tars, in which {wnid} stands for the wnid"
_SERVICE = "the address of image-net.org's list service"
_WAYBACK_SERVICE = "the address of the Wayback Machine"
_SOURCES = "show which places may have a list, their state here, what each needs"
_ALL = "make an archive here of the URLs of all synsets, which is asked first from then on"
_ARCHIVE = (
    "ImageNet's list of all URLs for --all, a file or an address, by default the Wayback Machine's "
    "copy"
)
_ARCHIVE_SHA1 = (
    "the SHA-1 that this list must have, by default the published one for an address and any for "
    "a file"
)
_FORCE = (
    "with --all, fetch the list although there is an archive, and take it whatever its SHA-1 is"
)
_SEARCH_URL = "count the URLs of a host, and of those below it, in the archive of all URLs"
_SORT = "those with most URLs first, as the archive of all URLs has them"
_RESOLVE = (
    "addresses of hosts, as HOST:ADDRESS or curl's HOST:PORT:ADDRESS with commas between, instead "
    "of what the machine says; * is every other host, the address none says that there is no such "
    "host, slow:SECONDS that it takes so long to find, also beside an address"
)
_PATIENCE = "how long to go on when only hosts that ration their pictures are left"
_PACE = (
    "requests a second at most to a host and those below it, with commas between, such as "
    "flickr.com:1,example.org:0.5"
)
_NO_KNOWN_HOSTS = (
    "do without what is known of hosts: new names, widths, paces and altered copies; pictures that "
    "only say that one is gone are still known"
)
_OUTDIR = "look there instead of in CK: what download --outdir=DIR has written"
_ENGINE = "who fetches: dask, a cluster whose machines all see these folders; else this machine"
_USER_AGENT = "who asks, as hosts see it"
_LAYOUT = one_of([row.name for row in LAYOUTS])
_SHARDED = one_of([row.name for row in LAYOUTS if row.shards])
_REGISTER = "tell CK programs of the folder, as an environment: " + ", ".join(
    f"of {row.name} for {row.environment.purpose}" for row in LAYOUTS if row.environment
)
_SPLIT = (
    "shares of each class for training, validation and tests, such as 0.8,0.2 or 0.8,0.1,0.1; "
    "by default one part"
)
_LINK = "how files that stay as they are come there: hard, symbolic or copy"
_PRIVATE = (
    "hosts, addresses and networks with commas between that may be asked although they are "
    "not public, such as 127.0.0.0/8,10.1.2.3,myserver"
)


@dataclass(frozen=True)
class ListOptions:
    """List synsets."""

    lower: int = number(0, _LOWER, least=0)
    upper: int | None = number(None, _UPPER, least=0)
    downloaded_only: bool = flag("only synsets with pictures here")
    images: bool = flag("list the pictures here, as name and URL, in the form that --urls reads")
    search: str = text("", "WORDS", _SEARCH)
    under: str = text("", "WNID", _UNDER)
    ilsvrc2012: bool = flag(_ILSVRC2012)
    words: bool = flag("print the words too when not on a terminal")
    sort: str = word("urls", ("urls",), _SORT)
    outdir: str = text("", "DIR", _OUTDIR)


@dataclass(frozen=True)
class GeturlsOptions:
    """Print the URLs of synsets."""

    wnid: tuple[str, ...] = wnids(_WNID)
    urls: str = text("", "FILE-or-URL", _URLS)
    mapping: bool = flag("print name, tab and URL")
    save: str = text("", "FILE", "write to this file instead")
    sources: bool = flag(_SOURCES)
    source: str = word("NAME", tuple(row.name for row in _NAMED), _SOURCE)
    refresh: bool = flag(_REFRESH)
    all: bool = flag(_ALL)
    archive: str = setting("", "FILE-or-URL", _ARCHIVE)
    archive_sha1: str = setting("", "HEX", _ARCHIVE_SHA1)
    force: bool = flag(_FORCE)
    search_url: str = text("", "HOST", _SEARCH_URL)
    outdir: str = text("", "DIR", _OUTDIR)
    service: str = setting(SERVICE, "URL", _SERVICE)
    wayback_service: str = setting(WAYBACK_SERVICE, "URL", _WAYBACK_SERVICE)
    winter21: str = setting(WINTER21, "URL", _WINTER21)
    user_agent: str = setting(USER_AGENT, "TEXT", _USER_AGENT)
    resolve: str = setting("", "HOST:ADDRESS", _RESOLVE)
    allow_private: str = setting("", "HOSTS", _PRIVATE)


@dataclass(frozen=True)
class DownloadOptions:
    """Download the pictures of synsets that are not here yet."""

    wnid: tuple[str, ...] = wnids(_WNID)
    wnids: str = text("", "FILE", "the synsets in this file, a wnid a line, with # before comments")
    all: bool = flag("all synsets")
    under: str = text("", "WNID", _UNDER)
    search: str = text("", "WORDS", _SEARCH)
    ilsvrc2012: bool = flag(_ILSVRC2012)
    lower: int = number(0, _LOWER, least=0)
    upper: int | None = number(None, _UPPER, least=0)
    yes: bool = flag("do it although it is more than 100 synsets")
    urls: str = text("", "FILE-or-URL", _URLS)
    tar: str = text("", "FILE-or-URL", _TAR)
    source: str = word("NAME", tuple(row.name for row in _NAMED), _SOURCE)
    refresh: bool = flag(_REFRESH)
    accept_terms: bool = flag("accept ImageNet's terms of access, which winter21 wants")
    wayback: bool = flag("ask the Wayback Machine for what is gone for good; slow")
    wayback_date: str = setting(
        "2010", "DATE", "the date near which it took the pictures to ask for"
    )
    jobs: int = number(32, "connections at once", least=1, most=1000)
    retry: int = number(2, "further attempts after the first, where one may help", least=0)
    timeout: float = seconds(20, "for the whole of one URL", above=0)
    sleep: float = seconds(0, "between two requests to one host", least=0)
    processes: int | None = number(
        None,
        "processes, by default as many as there are cores, and pay; one with --max-images",
        least=1,
        most=64,
    )
    engine: str = word("NAME", ENGINES, _ENGINE)
    scheduler: str = text("", "URL", "the address of the Dask cluster's scheduler, for --engine")
    per_host: int = number(PER_HOST, "connections to one host at once", least=1, most=1000)
    pace: str = setting("", "HOST:N", _PACE)
    no_known_hosts: bool = flag(_NO_KNOWN_HOSTS)
    patience: float = duration(15 * 60, _PATIENCE)
    ignore_opt_out: bool = flag("take pictures whose hosts forbid their use for training too")
    user_agent: str = setting(USER_AGENT, "TEXT", _USER_AGENT)
    offset: int = number(0, "lines to skip at the beginning of each list", least=0)
    max_images: int | None = number(
        None, "pictures of a synset to end with, by default all", least=1
    )
    outdir: str = text("", "DIR", "write DIR/W/W_NUMBER.jpg instead of CK entries")
    retry_failed: str = choice(
        "all", ("all",), "ask again for what failed and may have passed; with =all for all"
    )
    dry_run: bool = flag("show what would be done, and do nothing")
    verbose: bool = flag("print what becomes of each URL")
    quiet: bool = flag("print nothing but errors")
    service: str = setting(SERVICE, "URL", _SERVICE)
    wayback_service: str = setting(WAYBACK_SERVICE, "URL", _WAYBACK_SERVICE)
    winter21: str = setting(WINTER21, "URL", _WINTER21)
    resolve: str = setting("", "HOST:ADDRESS", _RESOLVE)
    allow_private: str = setting("", "HOSTS", _PRIVATE)


@dataclass(frozen=True)
class StatusOptions:
    """Show what is here of how much, and what became of the rest."""

    wnid: tuple[str, ...] = wnids(_WNID)
    under: str = text("", "WNID", _UNDER)
    search: str = text("", "WORDS", _SEARCH)
    hosts: bool = flag("by host instead of by synset")
    failures: bool = flag("the links that gave no picture, each with its cause, instead")
    outdir: str = text("", "DIR", _OUTDIR)


@dataclass(frozen=True)
class CheckOptions:
    """Check every picture against what is known of it."""

    wnid: tuple[str, ...] = wnids(_WNID)
    decode: bool = flag("decode every picture too; slow")
    repair: bool = flag("mend what is found, or have the link asked again by the next download")
    outdir: str = text("", "DIR", _OUTDIR)


@dataclass(frozen=True)
class CleanOptions:
    """Remove pictures, or what is known of links."""

    wnid: tuple[str, ...] = wnids(_WNID)
    number: tuple[int, ...] = numbers("reject these pictures: they go, and never come back")
    failed: bool = flag("forget what failed, so that it is asked again, and files put aside")
    all: bool = flag("remove all that is here of the synset, its repository too")
    dry_run: bool = flag("show what would go, and do nothing")
    force: bool = flag("do not ask")
    outdir: str = text("", "DIR", _OUTDIR)


@dataclass(frozen=True)
class BrowseOptions:
    """Show the pictures of synsets, and what became of the rest, on a page of their own."""

    wnid: tuple[str, ...] = wnids(f"{_WNID}; without it, an overview of all that are here")
    save: str = text("", "FILE", "write the page to this file instead")
    no_open: bool = flag("do not open the page, as is done on a terminal")
    outdir: str = text("", "DIR", _OUTDIR)


@dataclass(frozen=True)
class ExportOptions:
    """Hand pictures to other tools."""

    to: str = text("", "DIR", "the folder to write, which may exist if it is of the same export")
    layout: str = word("NAME", tuple(row.name for row in LAYOUTS), _LAYOUT, default="folders")
    wnid: tuple[str, ...] = wnids(f"{_WNID}; by default all with pictures here")
    under: str = text("", "WNID", _UNDER)
    ilsvrc2012: bool = flag(_ILSVRC2012)
    max_images: int | None = number(
        None, "pictures of a synset at most, those with the smallest numbers", least=1
    )
    unaltered: bool = flag("without pictures of hosts that are known to give altered copies")
    split: str = text("", "SHARES", _SPLIT)
    seed: int = number(0, "another number, another split and order", least=0)
    resize: int | None = number(
        None, "pixels of the shorter side; all become JPEGs", least=8, most=4096
    )
    crop: str = word("center", ("center",), "with --resize, cut to the square in the middle")
    link: str = word("HOW", LINKS, _LINK, default="copy")
    shard_size: int = number(256, f"megabytes of a file of {_SHARDED}", least=1, most=100_000)
    register: bool = flag(_REGISTER)
    outdir: str = text("", "DIR", _OUTDIR)
    quiet: bool = flag("print nothing but errors")


@dataclass(frozen=True)
class DemoOptions:
    """Play a small web on loopback, to try the module without the internet."""

    port: int = number(14197, "the port of every host of the practice web", least=1, most=65535)


ACTIONS = {
    "list": ListOptions,
    "geturls": GeturlsOptions,
    "download": DownloadOptions,
    "status": StatusOptions,
    "check": CheckOptions,
    "clean": CleanOptions,
    "browse": BrowseOptions,
    "export": ExportOptions,
    "demo": DemoOptions,
}

SETTINGS = {
    name
    for options in ACTIONS.values()
    for name, (kind, _) in kinds(options).items()
    if kind.is_setting
}
"""The options that CK's configuration of the module may hold."""
