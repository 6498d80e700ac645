"""The actions and their options: the one table that code, `--help` and docs/ share."""

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
from .registries import LAYOUTS, SETS, SOURCES, one_of, source

SERVICE = source("imagenet").address
WAYBACK_SERVICE = source("wayback").address
WINTER21 = source("winter21").address
ENGINES = ("dask",)
LINKS = ("hard", "symbolic", "copy")
PER_HOST = 10
"""Connections to one host at once."""

ARCHIVE_SHA1 = "f5fd118232b871727fe333778be81df6c6fec372"
"""As ImageNet has published it."""

_WNID_HELP = "the wnid of the synset, or several separated by commas"
_UNDER_HELP = "only this synset and all below it; several separated by commas"
_SEARCH_HELP = "only synsets with all these words; beginnings match too"
_ILSVRC2012_HELP = "only the 1,000 synsets of ILSVRC2012"
_SET_NAMES = tuple(row.name for row in SETS)
_SET_HELP = f"only the synsets of a set: {one_of(_SET_NAMES)}"
_LOWER_HELP = "the first position, in the order of wnids"
_UPPER_HELP = "the last position; by default the last of all"
_URLS_HELP = (
    "a list or a table of URLs, in a file or at a URL; {wnid} in its name stands for the wnid"
)
_URL_COL_HELP = "for a table: the column with the URLs"
_NAME_COL_HELP = "for a table: the column with names such as n01440764_9981"
_FROM_HELP = (
    "take the pictures from a copy of ImageNet: a folder, a zip or tars, as files or URLs; {wnid} "
    "and {0000..1023} may stand in them"
)
_LABELS_HELP = (
    "for --from, if its names do not tell the synsets: a file that does, such as val.txt, "
    "LOC_val_solution.csv, the devkit, or a list of wnids"
)
_WHO_ASKS_HELP = (
    "which environment variable holds your token for the host; several separated by commas; by "
    "default HF_TOKEN for huggingface.co"
)
_NAMED_SOURCES = [row for row in SOURCES if row.is_named]
_WITH_LISTS = one_of([row.name for row in _NAMED_SOURCES if row.has_lists])
_WITH_PICTURES = one_of([row.name for row in _NAMED_SOURCES if not row.has_lists])
_SOURCE_HELP = f"use only this source: {_WITH_LISTS} for lists, or {_WITH_PICTURES} for pictures"
_REFRESH_HELP = "ask for the list again, although it is saved here"
_WINTER21_HELP = "the URL of winter21's tars; {wnid} in it stands for the wnid"
_SERVICE_HELP = "the URL of image-net.org's list service"
_WAYBACK_SERVICE_HELP = "the URL of the Wayback Machine"
_SOURCES_HELP = "show the sources of lists: the state of each, and what it needs"
_ALL_HELP = (
    "save the URLs of all synsets in an archive on this machine; later commands ask it first"
)
_ARCHIVE_HELP = (
    "for --all: ImageNet's list of all URLs, a file or a URL; by default the Wayback Machine's copy"
)
_ARCHIVE_SHA1_HELP = (
    "for --all: the SHA-1 that the list must have; by default the published one for a URL, and "
    "any for a file"
)
_FORCE_HELP = "for --all: download the list again, and accept any SHA-1"
_SEARCH_URL_HELP = "count the URLs of this host and its subdomains in the archive"
_SORT_HELP = "those with the most URLs first; needs the archive of all URLs"
_RESOLVE_HELP = (
    "use these addresses instead of DNS, as HOST:ADDRESS or HOST:PORT:ADDRESS; HOST may be * "
    "(any other); ADDRESS may be none (no such host) or slow:SECONDS (a slow answer)"
)
_PATIENCE_HELP = "how long to keep asking when only hosts that ration their pictures are left"
_PACE_HELP = (
    "at most N requests a second to a host and its subdomains, such as flickr.com:1,example.org:0.5"
)
_NO_KNOWN_HOSTS_HELP = (
    "do not use the built-in facts about hosts: new names, widths, paces and altered copies; known "
    "placeholders are still recognized"
)
_OUTDIR_HELP = "use pictures saved by download --outdir=DIR, not those in CK"
_ENGINE_HELP = (
    "what downloads: this machine by default; dask is a cluster whose machines all see these "
    "folders"
)
_USER_AGENT_HELP = "the User-Agent that hosts see"
_KEEP_FORMATS_HELP = "keep every picture as it is, also in formats that some tools cannot read"
_LAYOUT_HELP = one_of([row.name for row in LAYOUTS])
_SHARDED_HELP = one_of([row.name for row in LAYOUTS if row.shards])
_REGISTER_HELP = "register the folder in CK as an environment, for CK programs: " + ", ".join(
    f"{row.name} for {row.environment.purpose}" for row in LAYOUTS if row.environment
)
_SPLIT_HELP = (
    "the shares of each class for training, validation and tests, such as 0.8,0.2 or 0.8,0.1,0.1; "
    "by default there is one part"
)
_LINK_HELP = "how to put unchanged files there, as links or copies: hard, symbolic or copy"
_PRIVATE_HELP = (
    "hosts, addresses and networks that may be asked although they are not public, such as "
    "127.0.0.0/8,myserver"
)


@dataclass(frozen=True)
class SynsetOptions:
    """Which synsets are meant: the options of every action that chooses some."""

    wnid: tuple[str, ...] = wnids(_WNID_HELP)
    under: tuple[str, ...] = wnids(_UNDER_HELP)
    search: str = text("", "WORDS", _SEARCH_HELP)
    ilsvrc2012: bool = flag(_ILSVRC2012_HELP)
    set: str = word("NAME", _SET_NAMES, _SET_HELP)


@dataclass(frozen=True)
class ListOptions(SynsetOptions):
    """List synsets, with their words and the number of their pictures here."""

    lower: int = number(0, _LOWER_HELP, least=0)
    upper: int | None = number(None, _UPPER_HELP, least=0)
    downloaded_only: bool = flag("only synsets that have pictures here")
    images: bool = flag("list the pictures here, as names and URLs, in the form that --urls reads")
    words: bool = flag("print the words too, also when the output is not a terminal")
    sort: str = word("urls", ("urls",), _SORT_HELP)
    outdir: str = text("", "DIR", _OUTDIR_HELP)


@dataclass(frozen=True)
class GeturlsOptions(SynsetOptions):
    """Print the URLs of synsets."""

    urls: str = text("", "FILE-or-URL", _URLS_HELP)
    url_col: str = text("", "COLUMN", _URL_COL_HELP)
    name_col: str = text("", "COLUMN", _NAME_COL_HELP)
    mapping: bool = flag("print the name, a tab and the URL")
    save: str = text("", "FILE", "write to this file, and print nothing")
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
class DownloadOptions(SynsetOptions):
    """Download the pictures of synsets; skip those that are here already."""

    wnids: str = text("", "FILE", "a file with one wnid on each line; # begins a comment")
    all: bool = flag("all synsets")
    lower: int = number(0, _LOWER_HELP, least=0)
    upper: int | None = number(None, _UPPER_HELP, least=0)
    yes: bool = flag("download more than 100 synsets")
    urls: str = text("", "FILE-or-URL", _URLS_HELP)
    url_col: str = text("", "COLUMN", _URL_COL_HELP)
    name_col: str = text("", "COLUMN", _NAME_COL_HELP)
    from_: str = text("", "COPY", _FROM_HELP, older="tar")
    labels: str = text("", "FILE", _LABELS_HELP)
    token: str = text("", "HOST:VARIABLE", _WHO_ASKS_HELP)
    source: str = word("NAME", tuple(row.name for row in _NAMED_SOURCES), _SOURCE_HELP)
    refresh: bool = flag(_REFRESH_HELP)
    accept_terms: bool = setting(
        False, "", "accept ImageNet's terms of access, as winter21 requires"
    )
    wayback: bool = flag("ask the Wayback Machine for pictures that are gone; slow")
    wayback_date: str = setting("2010", "DATE", "for --wayback: prefer copies from this time")
    jobs: int = number(32, "how many connections at once", least=1, most=1000)
    retry: int = number(2, "how often to ask again, where that may help", least=0)
    timeout: float = seconds(20, "the most time for one link", above=0)
    sleep: float = seconds(0, "pause between requests to one host", least=0)
    processes: int | None = number(
        None,
        "how many processes download; by default as many as save time",
        least=1,
        most=64,
    )
    engine: str = word("NAME", ENGINES, _ENGINE_HELP)
    scheduler: str = text("", "URL", "for --engine=dask: the URL of the Dask scheduler")
    per_host: int = number(PER_HOST, "how many connections to one host at once", least=1, most=1000)
    pace: str = setting("", "HOST:N", _PACE_HELP)
    no_known_hosts: bool = flag(_NO_KNOWN_HOSTS_HELP)
    patience: float = duration(15 * 60, _PATIENCE_HELP)
    ignore_opt_out: bool = flag("also save pictures whose hosts forbid their use for training")
    user_agent: str = setting(USER_AGENT, "TEXT", _USER_AGENT_HELP)
    offset: int = number(0, "how many lines to skip at the beginning of each list", least=0)
    max_images: int | None = number(
        None, "stop a synset at this many pictures; by default, all", least=1
    )
    outdir: str = text("", "DIR", "save pictures as DIR/W/W_NUMBER.jpg, not as CK entries")
    retry_failed: str = choice(
        "all",
        ("all",),
        "ask again for links whose failure may be temporary; with =all, for all that failed",
    )
    dry_run: bool = flag("show what the command would do, and do nothing")
    verbose: bool = flag("print the outcome of each link")
    quiet: bool = flag("print only errors")
    service: str = setting(SERVICE, "URL", _SERVICE_HELP)
    wayback_service: str = setting(WAYBACK_SERVICE, "URL", _WAYBACK_SERVICE_HELP)
    winter21: str = setting(WINTER21, "URL", _WINTER21_HELP)
    resolve: str = setting("", "HOST:ADDRESS", _RESOLVE_HELP)
    allow_private: str = setting("", "HOSTS", _PRIVATE_HELP)


@dataclass(frozen=True)
class StatusOptions(SynsetOptions):
    """Show how many pictures are here, and why the others are missing."""

    hosts: bool = flag("show hosts, not synsets")
    failures: bool = flag("show each link that gave no picture, with the cause")
    outdir: str = text("", "DIR", _OUTDIR_HELP)


@dataclass(frozen=True)
class CheckOptions(SynsetOptions):
    """Check that every picture is still as it was saved."""

    decode: bool = flag("decode every picture too; slow")
    repair: bool = flag("repair what is wrong, or let the next download ask for the link again")
    outdir: str = text("", "DIR", _OUTDIR_HELP)


@dataclass(frozen=True)
class CleanOptions(SynsetOptions):
    """Remove pictures, or forget links that failed."""

    number: tuple[int, ...] = numbers(
        "reject these pictures: remove them and never download them again"
    )
    failed: bool = flag(
        "forget the links that failed, so that they are asked for again; remove files set aside"
    )
    all: bool = flag("remove everything of the synset that is here, also its CK repository")
    dry_run: bool = flag("show what the command would remove, and do nothing")
    force: bool = flag("remove without asking you first")
    outdir: str = text("", "DIR", _OUTDIR_HELP)


@dataclass(frozen=True)
class BrowseOptions(SynsetOptions):
    """Show the pictures of synsets on a web page, and why others are missing."""

    wnid: tuple[str, ...] = wnids(f"{_WNID_HELP}; without it, an overview of all synsets here")
    save: str = text("", "FILE", "write the page to this file")
    no_open: bool = flag("do not open the page in a browser")
    outdir: str = text("", "DIR", _OUTDIR_HELP)


@dataclass(frozen=True)
class ExportOptions(SynsetOptions):
    """Write pictures in a layout that other tools read."""

    to: str = text(
        "", "DIR", "the folder to write: a new one, or one of an earlier run of the same export"
    )
    layout: str = word("NAME", tuple(row.name for row in LAYOUTS), _LAYOUT_HELP, default="folders")
    wnid: tuple[str, ...] = wnids(f"{_WNID_HELP}; by default all here")
    max_images: int | None = number(
        None, "at most this many pictures of each synset, those with the smallest numbers", least=1
    )
    unaltered: bool = flag("leave out pictures from hosts that are known to give altered copies")
    split: str = text("", "SHARES", _SPLIT_HELP)
    seed: int = number(0, "a number; another one gives another split and order", least=0)
    resize: int | None = number(
        None,
        ("pixels of the shorter side; all are re-encoded as JPEGs"),
        least=8,
        most=4096,
    )
    crop: str = word(
        "center", ("center",), "for --resize: cut each picture to the square in its middle"
    )
    quality: int = number(95, "the quality of re-encoded JPEGs", least=1, most=100)
    keep_formats: bool = flag(_KEEP_FORMATS_HELP)
    link: str = word("HOW", LINKS, _LINK_HELP, default="copy")
    shard_size: int = number(
        256, f"the size of each file of {_SHARDED_HELP}, in megabytes", least=1, most=100_000
    )
    register: bool = flag(_REGISTER_HELP)
    outdir: str = text("", "DIR", _OUTDIR_HELP)
    quiet: bool = flag("print only errors")


@dataclass(frozen=True)
class DemoOptions:
    """Run a small practice web on this machine, to try the tool without the internet."""

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
