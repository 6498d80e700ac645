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

_WNID_HELP = "the synset's wnid, or several with commas between"
_UNDER_HELP = "only this synset and those below it"
_SEARCH_HELP = "only synsets with all these words, or words beginning so"
_ILSVRC2012_HELP = "only the 1,000 synsets of ILSVRC2012"
_LOWER_HELP = "first position in the order of wnids"
_UPPER_HELP = "last position, by default the last there is"
_URLS_HELP = (
    "a list of URLs, or a table with a column of them: a file or an address, in which {wnid} "
    "stands for the wnid"
)
_URL_COL_HELP = "which column of a table in --urls has the URLs"
_NAME_COL_HELP = "which column has names such as n01440764_9981"
_FROM_HELP = (
    "take the pictures from a copy of ImageNet: a folder, a zip or tars, files or addresses, in "
    "which {wnid} and {0000..1023} may stand; --tar is its older name"
)
_LABELS_HELP = (
    "which synset pictures of --from are of whose names do not tell it: val.txt, Kaggle's "
    "LOC_val_solution.csv, the devkit, or the wnids in the order of labels"
)
_WHO_ASKS_HELP = (
    "which environment variable has the token for a host that wants one, with commas between; "
    "huggingface.co has HF_TOKEN anyway"
)
_NAMED_SOURCES = [row for row in SOURCES if row.is_named]
_WITH_LISTS = one_of([row.name for row in _NAMED_SOURCES if row.has_lists])
_WITH_PICTURES = one_of([row.name for row in _NAMED_SOURCES if not row.has_lists])
_SOURCE_HELP = (
    f"ask only this place: {_WITH_LISTS}, which have lists, or {_WITH_PICTURES}, which has pictures"
)
_REFRESH_HELP = "ask again for a list that is kept here"
_WINTER21_HELP = "the address of winter21's tars, in which {wnid} stands for the wnid"
_SERVICE_HELP = "the address of image-net.org's list service"
_WAYBACK_SERVICE_HELP = "the address of the Wayback Machine"
_SOURCES_HELP = "show which places may have a list, their state here, what each needs"
_ALL_HELP = "make an archive here of the URLs of all synsets, which is asked first from then on"
_ARCHIVE_HELP = (
    "ImageNet's list of all URLs for --all, a file or an address, by default the Wayback Machine's "
    "copy"
)
_ARCHIVE_SHA1_HELP = (
    "the SHA-1 that this list must have, by default the published one for an address and any for "
    "a file"
)
_FORCE_HELP = (
    "with --all, fetch the list although there is an archive, and take it whatever its SHA-1 is"
)
_SEARCH_URL_HELP = "count the URLs of a host, and of those below it, in the archive of all URLs"
_SORT_HELP = "those with most URLs first, as the archive of all URLs has them"
_RESOLVE_HELP = (
    "addresses of hosts, as HOST:ADDRESS or curl's HOST:PORT:ADDRESS with commas between, instead "
    "of what the machine says; * is every other host, the address none says that there is no such "
    "host, slow:SECONDS that it takes so long to find, also beside an address"
)
_PATIENCE_HELP = "how long to go on when only hosts that ration their pictures are left"
_PACE_HELP = (
    "requests a second at most to a host and those below it, with commas between, such as "
    "flickr.com:1,example.org:0.5"
)
_NO_KNOWN_HOSTS_HELP = (
    "do without what is known of hosts: new names, widths, paces and altered copies; pictures that "
    "only say that one is gone are still known"
)
_OUTDIR_HELP = "look there instead of in CK: what download --outdir=DIR has written"
_ENGINE_HELP = (
    "who fetches: dask, a cluster whose machines all see these folders; else this machine"
)
_USER_AGENT_HELP = "who asks, as hosts see it"
_KEEP_FORMATS_HELP = "leave every byte of a picture as it is, whatever reads it"
_LAYOUT_HELP = one_of([row.name for row in LAYOUTS])
_SHARDED_HELP = one_of([row.name for row in LAYOUTS if row.shards])
_REGISTER_HELP = "tell CK programs of the folder, as an environment: " + ", ".join(
    f"of {row.name} for {row.environment.purpose}" for row in LAYOUTS if row.environment
)
_SPLIT_HELP = (
    "shares of each class for training, validation and tests, such as 0.8,0.2 or 0.8,0.1,0.1; "
    "by default one part"
)
_LINK_HELP = "how files that stay as they are come there: hard, symbolic or copy"
_PRIVATE_HELP = (
    "hosts, addresses and networks with commas between that may be asked although they are "
    "not public, such as 127.0.0.0/8,10.1.2.3,myserver"
)


@dataclass(frozen=True)
class ListOptions:
    """List synsets."""

    lower: int = number(0, _LOWER_HELP, least=0)
    upper: int | None = number(None, _UPPER_HELP, least=0)
    downloaded_only: bool = flag("only synsets with pictures here")
    images: bool = flag("list the pictures here, as name and URL, in the form that --urls reads")
    search: str = text("", "WORDS", _SEARCH_HELP)
    under: str = text("", "WNID", _UNDER_HELP)
    ilsvrc2012: bool = flag(_ILSVRC2012_HELP)
    words: bool = flag("print the words too when not on a terminal")
    sort: str = word("urls", ("urls",), _SORT_HELP)
    outdir: str = text("", "DIR", _OUTDIR_HELP)


@dataclass(frozen=True)
class GeturlsOptions:
    """Print the URLs of synsets."""

    wnid: tuple[str, ...] = wnids(_WNID_HELP)
    urls: str = text("", "FILE-or-URL", _URLS_HELP)
    url_col: str = text("", "COLUMN", _URL_COL_HELP)
    name_col: str = text("", "COLUMN", _NAME_COL_HELP)
    mapping: bool = flag("print name, tab and URL")
    save: str = text("", "FILE", "write to this file instead")
    sources: bool = flag(_SOURCES_HELP)
    source: str = word("NAME", tuple(row.name for row in _NAMED_SOURCES), _SOURCE_HELP)
    refresh: bool = flag(_REFRESH_HELP)
    all: bool = flag(_ALL_HELP)
    archive: str = setting("", "FILE-or-URL", _ARCHIVE_HELP)
    archive_sha1: str = setting("", "HEX", _ARCHIVE_SHA1_HELP)
    force: bool = flag(_FORCE_HELP)
    search_url: str = text("", "HOST", _SEARCH_URL_HELP)
    outdir: str = text("", "DIR", _OUTDIR_HELP)
    service: str = setting(SERVICE, "URL", _SERVICE_HELP)
    wayback_service: str = setting(WAYBACK_SERVICE, "URL", _WAYBACK_SERVICE_HELP)
    winter21: str = setting(WINTER21, "URL", _WINTER21_HELP)
    user_agent: str = setting(USER_AGENT, "TEXT", _USER_AGENT_HELP)
    resolve: str = setting("", "HOST:ADDRESS", _RESOLVE_HELP)
    allow_private: str = setting("", "HOSTS", _PRIVATE_HELP)


@dataclass(frozen=True)
class DownloadOptions:
    """Download the pictures of synsets that are not here yet."""

    wnid: tuple[str, ...] = wnids(_WNID_HELP)
    wnids: str = text("", "FILE", "the synsets in this file, a wnid a line, with # before comments")
    all: bool = flag("all synsets")
    under: str = text("", "WNID", _UNDER_HELP)
    search: str = text("", "WORDS", _SEARCH_HELP)
    ilsvrc2012: bool = flag(_ILSVRC2012_HELP)
    lower: int = number(0, _LOWER_HELP, least=0)
    upper: int | None = number(None, _UPPER_HELP, least=0)
    yes: bool = flag("do it although it is more than 100 synsets")
    urls: str = text("", "FILE-or-URL", _URLS_HELP)
    url_col: str = text("", "COLUMN", _URL_COL_HELP)
    name_col: str = text("", "COLUMN", _NAME_COL_HELP)
    from_: str = text("", "COPY", _FROM_HELP, older="tar")
    labels: str = text("", "FILE", _LABELS_HELP)
    token: str = text("", "HOST:VARIABLE", _WHO_ASKS_HELP)
    source: str = word("NAME", tuple(row.name for row in _NAMED_SOURCES), _SOURCE_HELP)
    refresh: bool = flag(_REFRESH_HELP)
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
        "processes, by default as many as there are cores, and pay",
        least=1,
        most=64,
    )
    engine: str = word("NAME", ENGINES, _ENGINE_HELP)
    scheduler: str = text("", "URL", "the address of the Dask cluster's scheduler, for --engine")
    per_host: int = number(PER_HOST, "connections to one host at once", least=1, most=1000)
    pace: str = setting("", "HOST:N", _PACE_HELP)
    no_known_hosts: bool = flag(_NO_KNOWN_HOSTS_HELP)
    patience: float = duration(15 * 60, _PATIENCE_HELP)
    ignore_opt_out: bool = flag("take pictures whose hosts forbid their use for training too")
    user_agent: str = setting(USER_AGENT, "TEXT", _USER_AGENT_HELP)
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
    service: str = setting(SERVICE, "URL", _SERVICE_HELP)
    wayback_service: str = setting(WAYBACK_SERVICE, "URL", _WAYBACK_SERVICE_HELP)
    winter21: str = setting(WINTER21, "URL", _WINTER21_HELP)
    resolve: str = setting("", "HOST:ADDRESS", _RESOLVE_HELP)
    allow_private: str = setting("", "HOSTS", _PRIVATE_HELP)


@dataclass(frozen=True)
class StatusOptions:
    """Show what is here of how much, and what became of the rest."""

    wnid: tuple[str, ...] = wnids(_WNID_HELP)
    under: str = text("", "WNID", _UNDER_HELP)
    search: str = text("", "WORDS", _SEARCH_HELP)
    hosts: bool = flag("by host instead of by synset")
    failures: bool = flag("the links that gave no picture, each with its cause, instead")
    outdir: str = text("", "DIR", _OUTDIR_HELP)


@dataclass(frozen=True)
class CheckOptions:
    """Check every picture against what is known of it."""

    wnid: tuple[str, ...] = wnids(_WNID_HELP)
    decode: bool = flag("decode every picture too; slow")
    repair: bool = flag("mend what is found, or have the link asked again by the next download")
    outdir: str = text("", "DIR", _OUTDIR_HELP)


@dataclass(frozen=True)
class CleanOptions:
    """Remove pictures, or what is known of links."""

    wnid: tuple[str, ...] = wnids(_WNID_HELP)
    number: tuple[int, ...] = numbers("reject these pictures: they go, and never come back")
    failed: bool = flag("forget what failed, so that it is asked again, and files put aside")
    all: bool = flag("remove all that is here of the synset, its repository too")
    dry_run: bool = flag("show what would go, and do nothing")
    force: bool = flag("do not ask")
    outdir: str = text("", "DIR", _OUTDIR_HELP)


@dataclass(frozen=True)
class BrowseOptions:
    """Show the pictures of synsets, and what became of the rest, on a page of their own."""

    wnid: tuple[str, ...] = wnids(f"{_WNID_HELP}; without it, an overview of all that are here")
    save: str = text("", "FILE", "write the page to this file instead")
    no_open: bool = flag("do not open the page, as is done on a terminal")
    outdir: str = text("", "DIR", _OUTDIR_HELP)


@dataclass(frozen=True)
class ExportOptions:
    """Hand pictures to other tools."""

    to: str = text("", "DIR", "the folder to write, which may exist if it is of the same export")
    layout: str = word("NAME", tuple(row.name for row in LAYOUTS), _LAYOUT_HELP, default="folders")
    wnid: tuple[str, ...] = wnids(f"{_WNID_HELP}; by default all with pictures here")
    under: str = text("", "WNID", _UNDER_HELP)
    ilsvrc2012: bool = flag(_ILSVRC2012_HELP)
    max_images: int | None = number(
        None, "pictures of a synset at most, those with the smallest numbers", least=1
    )
    unaltered: bool = flag("without pictures of hosts that are known to give altered copies")
    split: str = text("", "SHARES", _SPLIT_HELP)
    seed: int = number(0, "another number, another split and order", least=0)
    resize: int | None = number(
        None, "pixels of the shorter side; all are encoded anew, as JPEGs", least=8, most=4096
    )
    crop: str = word("center", ("center",), "with --resize, cut to the square in the middle")
    quality: int = number(95, "of JPEGs that are encoded anew", least=1, most=100)
    keep_formats: bool = flag(_KEEP_FORMATS_HELP)
    link: str = word("HOW", LINKS, _LINK_HELP, default="copy")
    shard_size: int = number(256, f"megabytes of a file of {_SHARDED_HELP}", least=1, most=100_000)
    register: bool = flag(_REGISTER_HELP)
    outdir: str = text("", "DIR", _OUTDIR_HELP)
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
