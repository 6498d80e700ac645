"""The CK module `imagenet`: CK's side of the library `ck_imagenet` beside it.

CK gives every action one dict and takes one back; no other file knows these.
"""

from __future__ import annotations

import os
import sys
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, Iterable

HERE = Path(__file__).absolute().parent
sys.path.insert(0, str(HERE))

CkDict = Dict[str, Any]
Action = Callable[[Any, bool, CkDict], None]

# CK puts its kernel, this module's meta and what it knows of this module here.
ck: Any = None
cfg: CkDict = {}
work: CkDict = {}

# Keys of the input that are CK's own.
KERNEL_KEYS = frozenset(
    {"action", "api", "cid", "cids", "ck_profile", "common", "common_func", "con_encoding"}
    | {"data_uoa", "help", "kernel", "local", "module_uoa", "module_version", "out", "out_file"}
    | {"remote_server_url", "repo_module_uoa", "repo_uoa", "unparsed", "web", "xcids"}
)


def init(i: CkDict) -> CkDict:
    """
    Input:  {}

    Output: {
              return       - 0
            }
    """
    return {"return": 0}


##############################################################################
# list synsets, and which of their pictures are here


def list_synsets(i: CkDict) -> CkDict:
    """
    Input:  {
              (lower=N)            - first position in the order of wnids; at least 0 [0]
              (upper=N)            - last position, by default the last there is; at least 0
              (downloaded-only)    - only synsets with pictures here
              (images)             - list the pictures here, as name and URL, in the form that
                                     --urls reads
              (search=WORDS)       - only synsets with all these words, or words beginning so
              (under=WNID)         - only this synset and those below it
              (ilsvrc2012)         - only the 1,000 synsets of ILSVRC2012
              (words)              - print the words too when not on a terminal
              (sort=urls)          - those with most URLs first, as the archive of all URLs has
                                     them
            }

    Output: {
              return       - 0, or 1 with an error
              (error)      - what is wrong and what to do, in a sentence
              lst          - (unless out=con) a list of {wnid, index, words, hypernyms, ilsvrc2012,
                             downloaded, urls}, urls being the number of URLs in the archive of all
                             URLs, null if that is not here; with images, of {name, url}
            }
    """
    # Whoever names a repository or an entry asks for entries, as of any other module.
    if isinstance(i.get("data_uoa") or i.get("repo_uoa"), str):
        return _answer(partial(_list_entries, i))
    return _run("list", i, _list)


##############################################################################
# print the URLs of the pictures of synsets


def geturls(i: CkDict) -> CkDict:
    """
    Input:  {
              (wnid=W)             - the synset's wnid, or several with commas between; also after
                                     the colon of imagenet:W
              (urls=FILE-or-URL)   - a list of URLs, a file or an address, in which {wnid} stands
                                     for the wnid: a URL a line, or a name and a URL, or a table
                                     with such columns; plain, .gz or .tgz
              (mapping)            - print name, tab and URL
              (save=FILE)          - write to this file instead
              (sources)            - show which places may have a list, their state here, what
                                     each needs
              (source=NAME)        - ask only this place: archive, imagenet or wayback, which have
                                     lists, or winter21, which has pictures
              (refresh)            - ask again for a list that is kept here
              (all)                - make an archive here of the URLs of all synsets, which is
                                     asked first from then on
              (archive=FILE-or-URL)- ImageNet's list of all URLs for --all, a file or an address,
                                     by default the Wayback Machine's copy; a setting
              (archive-sha1=HEX)   - the SHA-1 that this list must have, by default the published
                                     one for an address and any for a file; a setting
              (force)              - with --all, fetch the list although there is an archive, and
                                     take it whatever its SHA-1 is
              (search-url=HOST)    - count the URLs of a host, and of those below it, in the
                                     archive of all URLs
              (service=URL)        - the address of image-net.org's list service; a setting
                                     [https://www.image-net.org]
              (wayback-service=URL)- the address of the Wayback Machine; a setting
                                     [https://web.archive.org]
              (winter21=URL)       - the address of winter21's tars, in which {wnid} stands for
                                     the wnid; a setting
                                     [https://image-net.org/data/winter21_whole/{wnid}.tar]
              (user-agent=TEXT)    - who asks, as hosts see it; a setting [ck-imagenet/0.1.0
                                     (+https://github.com/ck-imagenet/ck-imagenet)]
              (resolve=HOST:ADDRESS)- addresses of hosts, as HOST:ADDRESS or curl's
                                      HOST:PORT:ADDRESS with commas between, instead of what the
                                      machine says; * is every other host, the address none says
                                      that there is no such host, slow:SECONDS that it takes so
                                      long to find, also beside an address; a setting
              (allow-private=HOSTS)- hosts, addresses and networks with commas between that may be
                                     asked although they are not public, such as
                                     127.0.0.0/8,10.1.2.3,myserver; a setting
            }

    Output: {
              return       - 0, or 1 with an error
              (error)      - what is wrong and what to do, in a sentence
              lst          - (unless out=con) a list of {name, url}, url as Latin-1 text: a
                             character a byte; with search-url, of {host, urls}
              sources      - with sources, instead, a list of {name, state, needs}
              archive      - with all, instead, {urls, synsets, odd, source, sha1, time, data,
                             rest}: how many URLs and synsets there are, how many odd lines, where
                             they come from and since when, the files of all URLs and of the odd
                             lines
            }
    """
    return _run("geturls", i, _geturls)


##############################################################################
# download the pictures of synsets and register them as CK entries


def download(i: CkDict) -> CkDict:
    """
    Input:  {
              (wnid=W)             - the synset's wnid, or several with commas between; also after
                                     the colon of imagenet:W
              (wnids=FILE)         - the synsets in this file, a wnid a line, with # before
                                     comments
              (all)                - all synsets
              (under=WNID)         - only this synset and those below it
              (search=WORDS)       - only synsets with all these words, or words beginning so
              (ilsvrc2012)         - only the 1,000 synsets of ILSVRC2012
              (lower=N)            - first position in the order of wnids; at least 0 [0]
              (upper=N)            - last position, by default the last there is; at least 0
              (yes)                - do it although it is more than 100 synsets
              (urls=FILE-or-URL)   - a list of URLs, a file or an address, in which {wnid} stands
                                     for the wnid: a URL a line, or a name and a URL, or a table
                                     with such columns; plain, .gz or .tgz
              (tar=FILE-or-URL)    - take the pictures from a tar instead, a file or an address,
                                     in which {wnid} stands for the wnid: of a class, or of the
                                     tars of classes; plain or .gz
              (source=NAME)        - ask only this place: archive, imagenet or wayback, which have
                                     lists, or winter21, which has pictures
              (refresh)            - ask again for a list that is kept here
              (accept-terms)       - accept ImageNet's terms of access, which winter21 wants
              (wayback)            - ask the Wayback Machine for what is gone for good; slow
              (wayback-date=DATE)  - the date near which it took the pictures to ask for; a
                                     setting [2010]
              (jobs=N)             - connections at once; from 1 to 1000 [32]
              (retry=N)            - further attempts after the first, where one may help; at
                                     least 0 [2]
              (timeout=S)          - for the whole of one URL, in seconds; more than 0 [20]
              (sleep=S)            - between two requests to one host, in seconds; at least 0 [0]
              (processes=N)        - processes, by default as many as there are cores, and pay;
                                     one with --max-images; from 1 to 64
              (engine=NAME)        - who fetches: dask, a cluster whose machines all see these
                                     folders; else this machine
              (scheduler=URL)      - the address of the Dask cluster's scheduler, for --engine
              (per-host=N)         - connections to one host at once; from 1 to 1000 [10]
              (pace=HOST:N)        - requests a second at most to a host and those below it, with
                                     commas between, such as flickr.com:1,example.org:0.5; a
                                     setting
              (no-known-hosts)     - do without what is known of hosts: new names, widths, paces
                                     and altered copies; pictures that only say that one is gone
                                     are still known
              (patience=TIME)      - how long to go on when only hosts that ration their pictures
                                     are left: 90s, 15m, 8h, 2d or forever [15m]
              (ignore-opt-out)     - take pictures whose hosts forbid their use for training too
              (user-agent=TEXT)    - who asks, as hosts see it; a setting [ck-imagenet/0.1.0
                                     (+https://github.com/ck-imagenet/ck-imagenet)]
              (offset=N)           - lines to skip at the beginning of each list; at least 0 [0]
              (max-images=N)       - pictures of a synset to end with, by default all; at least 1
              (outdir=DIR)         - write DIR/W/W_NUMBER.jpg instead of CK entries
              (retry-failed=all)   - ask again for what failed and may have passed; with =all for
                                     all
              (dry-run)            - show what would be done, and do nothing
              (verbose)            - print what becomes of each URL
              (quiet)              - print nothing but errors
              (service=URL)        - the address of image-net.org's list service; a setting
                                     [https://www.image-net.org]
              (wayback-service=URL)- the address of the Wayback Machine; a setting
                                     [https://web.archive.org]
              (winter21=URL)       - the address of winter21's tars, in which {wnid} stands for
                                     the wnid; a setting
                                     [https://image-net.org/data/winter21_whole/{wnid}.tar]
              (resolve=HOST:ADDRESS)- addresses of hosts, as HOST:ADDRESS or curl's
                                      HOST:PORT:ADDRESS with commas between, instead of what the
                                      machine says; * is every other host, the address none says
                                      that there is no such host, slow:SECONDS that it takes so
                                      long to find, also beside an address; a setting
              (allow-private=HOSTS)- hosts, addresses and networks with commas between that may be
                                     asked although they are not public, such as
                                     127.0.0.0/8,10.1.2.3,myserver; a setting
            }

    Output: {
              return       - 0, also when some links were dead; 1 with an error; 130 when
                             interrupted
              (error)      - what is wrong and what to do, in a sentence
              synsets      - a list of {wnid, links, here, saved, to_fetch, failed, set_aside,
                             taken_out, renamed, from_wayback, for_wayback,
                             wayback_trouble}: URLs known,
                             pictures here, saved by this run, URLs that this run asked for, how
                             many of the others failed by outcome, files put aside because they are
                             no pictures, pictures of synsets done before that were removed as
                             placeholders, by wnid, how many of the pictures are from the Wayback
                             Machine, URLs that it may be asked for, why it could not be asked for
                             all; from tars, a list of {wnid, tar, here, unread, members, saved,
                             failed, odd, set_aside}: why the tar was not read, pictures of the
                             synset in it, what became of those that were not saved, what else is in
                             it; of a synset without a list, {wnid, unlisted}: what each place said
              estimate     - with dry-run, or of more than 100 synsets, {synsets, urls, unlisted,
                             pictures, bytes, seconds, jobs}: URLs to ask for, synsets whose lists
                             are not here and of which a mean number is counted, what may come of
                             it, and in how many seconds with so many connections
            }
    """
    return _run("download", i, _download)


##############################################################################
# hand pictures that are here to other tools


def export(i: CkDict) -> CkDict:
    """
    Input:  {
              (to=DIR)             - the folder to write, which may exist if it is of the same
                                     export
              (layout=NAME)        - folders, flat, webdataset, csv or parquet [folders]
              (wnid=W)             - the synset's wnid, or several with commas between; also after
                                     the colon of imagenet:W; by default all with pictures here
              (under=WNID)         - only this synset and those below it
              (ilsvrc2012)         - only the 1,000 synsets of ILSVRC2012
              (max-images=N)       - pictures of a synset at most, those with the smallest
                                     numbers; at least 1
              (unaltered)          - without pictures of hosts that are known to give altered
                                     copies
              (split=SHARES)       - shares of each class for training, validation and tests, such
                                     as 0.8,0.2 or 0.8,0.1,0.1; by default one part
              (seed=N)             - another number, another split and order; at least 0 [0]
              (resize=N)           - pixels of the shorter side; all become JPEGs; from 8 to 4096
              (crop=center)        - with --resize, cut to the square in the middle
              (link=HOW)           - how files that stay as they are come there: hard, symbolic or
                                     copy [copy]
              (shard-size=N)       - megabytes of a file of webdataset or parquet; from 1 to
                                     100000 [256]
              (register)           - tell CK programs of the folder, as an environment: of folders
                                     for training, of flat for validation
              (outdir=DIR)         - take pictures of ck download --outdir=DIR, not CK entries
              (quiet)              - print nothing but errors
            }

    Output: {
              return       - 0, or 1 with an error; 130 when interrupted
              (error)      - what is wrong and what to do, in a sentence
              export       - {to, layout, classes, pictures, written, removed, parts, labels,
                             left_out}: the folder; synsets and pictures in it; pictures written and
                             removed by this run; pictures of each part, if there are several;
                             "ilsvrc2012" or "positions"; the names of pictures that cannot be
                             decoded, and why not
              environment  - with register, the UID of CK's environment
            }
    """
    return _run("export", i, _export)


##############################################################################
# show the pictures of synsets, and what became of the rest, on a page


def browse(i: CkDict) -> CkDict:
    """
    Input:  {
              (wnid=W)             - the synset's wnid, or several with commas between; also after
                                     the colon of imagenet:W; without it, an overview of all that
                                     are here
              (save=FILE)          - write the page to this file instead
              (no-open)            - do not open the page, as is done on a terminal
              (outdir=DIR)         - what download has put there with --outdir=DIR
            }

    Output: {
              return       - 0, or 1 with an error; 130 when interrupted
              (error)      - what is wrong and what to do, in a sentence
              pages        - a list of {wnid, page, bytes}: the synset, nothing for the overview;
                             the page's file; its size
            }
    """
    return _run("browse", i, _browse)


##############################################################################
# show the same in CK's own web page


def html_viewer(i: CkDict) -> CkDict:
    """
    Input:  {
              data_uoa     - the entry: imagenet:W, or imagenet:overview
            }

    Output: {
              return       - 0, or 1 with an error
              (error)      - what is wrong and what to do, in a sentence
              html         - the page, in a frame
            }
    """
    return _answer(partial(_view, i))


##############################################################################
# show what is here of how much, and what became of the rest


def status(i: CkDict) -> CkDict:
    """
    Input:  {
              (wnid=W)             - the synset's wnid, or several with commas between; also after
                                     the colon of imagenet:W
              (under=WNID)         - only this synset and those below it
              (search=WORDS)       - only synsets with all these words, or words beginning so
              (hosts)              - by host instead of by synset
              (failures)           - the links that gave no picture, each with its cause, instead
              (outdir=DIR)         - look there instead of in CK: what download --outdir=DIR has
                                     written
            }

    Output: {
              return       - 0, or 1 with an error
              (error)      - what is wrong and what to do, in a sentence
              synsets      - (unless out=con) a list of {wnid, here, known, waiting, failed, bytes,
                             rot, latest, altered}: pictures here, links and pictures in all, links
                             that are to be asked for, how many of the others by outcome, bytes of
                             the pictures, which part of the links that were asked is dead (from 0
                             to 1, or null), when the last was settled, how many of the
                             pictures here are copies that their hosts have altered
              hosts        - with hosts, instead, a list of the same with host instead of wnid
              total        - the sum of all
              failures     - with failures, instead, a list of {name, url, outcome, detail, time,
                             …}, as the journal has them
            }
    """
    return _run("status", i, _status)


##############################################################################
# check every picture against what is known of it


def check(i: CkDict) -> CkDict:
    """
    Input:  {
              (wnid=W)             - the synset's wnid, or several with commas between; also after
                                     the colon of imagenet:W
              (decode)             - decode every picture too; slow
              (repair)             - mend what is found, or have the link asked again by the next
                                     download
              (outdir=DIR)         - look there instead of in CK: what download --outdir=DIR has
                                     written
            }

    Output: {
              return       - 0, or 1 with an error, also if something is found that is not mended
              (error)      - what is wrong and what to do, in a sentence
              pictures     - how many pictures have been checked
              findings     - a list of {wnid, finding, where, detail, mended}: what is found, of
                             which picture or file, what exactly, whether it has been mended
            }
    """
    return _run("check", i, _check)


##############################################################################
# remove pictures, or what is known of links


def clean(i: CkDict) -> CkDict:
    """
    Input:  {
              (wnid=W)             - the synset's wnid, or several with commas between; also after
                                     the colon of imagenet:W
              (number=N)           - reject these pictures: they go, and never come back; several
                                     with commas between
              (failed)             - forget what failed, so that it is asked again, and files put
                                     aside
              (all)                - remove all that is here of the synset, its repository too
              (dry-run)            - show what would go, and do nothing
              (force)              - do not ask
              (outdir=DIR)         - look there instead of in CK: what download --outdir=DIR has
                                     written
            }

    Output: {
              return       - 0, or 1 with an error
              (error)      - what is wrong and what to do, in a sentence
              synsets      - a list of {wnid, done, pictures, bytes, rejected, already, revived,
                             forgotten, files, folder, kept}: whether it has been done, how many
                             pictures go, of how many bytes, how many links are rejected, how many
                             were so already, how many rejections are forgotten, how many links are
                             asked again, how many files that were put aside go, the folder that
                             goes, and what is in what goes that is not ours, and stays
            }
    """
    return _run("clean", i, _clean)


##############################################################################
# play a small web on loopback, to try the module without the internet


def demo(i: CkDict) -> CkDict:
    """
    Input:  {
              (port=N)             - the port of every host of the practice web; from 1 to 65535
                                     [14197]
            }

    Output: {
              return       - 0 when ended by Ctrl-C, or 1 with an error
              (error)      - what is wrong and what to do, in a sentence
            }
    """
    return _run("demo", i, _demo)


##############################################################################
# what each action does: typed options in, the output filled, lines printed on a console


def _list(options: Any, con: bool, output: CkDict) -> None:
    from ck_imagenet.cli import sentences
    from ck_imagenet.commands import listing
    from ck_imagenet.storage import summaries

    terminal = con and sentences.on_terminal()
    # In a pipe, the whole catalogue is listed without a look at the disk.
    shown = terminal or not con
    counted = options.downloaded_only or options.images or shown
    counts = summaries.counts(_ck_store()) if counted else {}
    urls = _url_counts(options, con) if options.sort or shown else None
    rows = list(listing.listed(options, counts, urls))
    if options.images:
        links = listing.images(_ck_store(), rows)
        if con:
            sentences.write((f"{link.name} {link.url}" for link in links), "latin-1")
        else:
            output["lst"] = _pairs(links)
    elif con:
        sentences.write(
            sentences.synsets_table(rows) if terminal else sentences.wnids(rows, options)
        )
    else:
        output["lst"] = [
            {
                "wnid": synset.wnid,
                "index": synset.position,
                "words": list(synset.words),
                "hypernyms": list(synset.hypernyms),
                "ilsvrc2012": synset.ilsvrc2012,
                "downloaded": downloaded,
                "urls": urls,
            }
            for synset, downloaded, urls in rows
        ]


def _list_entries(i: CkDict, output: CkDict) -> None:
    _ck_store()  # which finds again what CK has lost
    out = "con" if i.get("out") == "con" else ""
    # By default CK stops after half a minute, and does not say so.
    output.update(ck.access({"time_out": "-1", **i, "common_func": "yes", "out": out}))


def _url_counts(options: Any, con: bool) -> dict[str, int] | None:
    from ck_imagenet.cli import progress_bar
    from ck_imagenet.core.errors import Damaged
    from ck_imagenet.sources import url_archive
    from ck_imagenet.storage import ck_repositories

    home = ck_repositories.home(ck)
    if options.sort:
        return url_archive.Archive.needed(home, "sort").counts()
    try:
        archive = url_archive.Archive.at(home)
        return archive.counts() if archive else None
    except Damaged as error:
        progress_bar.choose(verbose=False, quiet=not con).trouble(str(error))
        return None


def _geturls(options: Any, con: bool, output: CkDict) -> None:
    if options.all:
        _get_all(options, con, output)
    elif options.search_url:
        _count_hosts(options, con, output)
    elif options.sources:
        _show_sources(options, con, output)
    else:
        _print_urls(options, con, output)


def _get_all(options: Any, con: bool, output: CkDict) -> None:
    from ck_imagenet.cli import progress_bar, sentences
    from ck_imagenet.commands import geturls
    from ck_imagenet.core.actions import ARCHIVE_SHA1
    from ck_imagenet.storage import ck_repositories

    progress = progress_bar.choose(verbose=False, quiet=not con)
    archive = geturls.get_all(options, partial(ck_repositories.make_home, ck), progress)
    output["archive"] = archive.facts()
    if con:
        sentences.write(sentences.archive(archive, options.archive_sha1 or ARCHIVE_SHA1))


def _count_hosts(options: Any, con: bool, output: CkDict) -> None:
    from ck_imagenet.cli import progress_bar, sentences
    from ck_imagenet.commands import geturls
    from ck_imagenet.storage import ck_repositories

    progress = progress_bar.choose(verbose=False, quiet=not con)
    counts = geturls.count_hosts(options, ck_repositories.home(ck), progress)
    if con:
        sentences.write(sentences.hosts(counts, sentences.on_terminal()))
    else:
        output["lst"] = [{"host": host, "urls": count} for host, count in counts.most_common()]


def _show_sources(options: Any, con: bool, output: CkDict) -> None:
    from ck_imagenet.cli import sentences
    from ck_imagenet.commands import geturls

    rows = geturls.survey(options, _ck_store(), _archive())
    if con:
        sentences.write(sentences.sources(rows))
    else:
        output["sources"] = [row._asdict() for row in rows]


def _print_urls(options: Any, con: bool, output: CkDict) -> None:
    from ck_imagenet.cli import progress_bar, sentences
    from ck_imagenet.commands import geturls
    from ck_imagenet.core.files import path_of

    progress = progress_bar.choose(verbose=False, quiet=not con)
    found = geturls.geturls(options, _ck_store(), progress, _archive())
    if options.save:
        count = geturls.save(found, path_of("--save", options.save), options.mapping)
        if con:
            sentences.write([f'{count} URLs written to "{options.save}"'])
    elif con:
        with geturls.listed(found, options.mapping) as stream:
            sentences.write((line[:-1].decode("latin-1") for line in stream), "latin-1")
    else:
        output["lst"] = _pairs(found)


def _pairs(links: Iterable[Any]) -> list[dict[str, str]]:
    return [{"name": str(link.name), "url": link.url} for link in links]


def _download(options: Any, con: bool, output: CkDict) -> None:
    from ck_imagenet.cli import progress_bar, sentences
    from ck_imagenet.commands import download
    from ck_imagenet.core.options import concern
    from ck_imagenet.engine.context import Crawl
    from ck_imagenet.engine.planning import Estimate, at_their_pace, estimated
    from ck_imagenet.engine.tar_results import Unpacked
    from ck_imagenet.sources.lists import Unlisted

    progress = progress_bar.choose(options.verbose, options.quiet or not con)
    told = con and not options.quiet
    output["synsets"] = []
    # Closed at once whatever happens here, so that nothing is fetched any more.
    with closing(download.download(options, _store(options), progress, _archive())) as results:
        for done in results:
            if isinstance(done, Estimate):
                _foresee(done, options, told, output)
                continue
            output["synsets"].append(done.facts())
            if told:
                if isinstance(done, Unlisted):
                    sentences.write(sentences.unlisted(done, options))
                elif isinstance(done, Unpacked):
                    sentences.write(sentences.unpacked(done))
                else:
                    sentences.write(sentences.summary(done, options))
    if options.dry_run and output["synsets"]:
        listed = [each for each in output["synsets"] if "to_fetch" in each]
        urls, here = ([each[key] for each in listed] for key in ("to_fetch", "here"))
        meant = at_their_pace(estimated(urls, 0, concern(options, Crawl), here), listed)
        _foresee(meant, options, told, output)


def _foresee(meant: Any, options: Any, told: bool, output: CkDict) -> None:
    """Tell what a download means; raise BadInput if that has not been agreed to."""
    from ck_imagenet.cli import sentences, tables
    from ck_imagenet.core.errors import BadInput
    from ck_imagenet.core.options import typed

    output["estimate"] = meant.facts()
    lines = list(tables.estimate(meant, bool(options.urls)))
    if not (options.yes or options.dry_run):
        command = f"If you want that, type: ck download imagenet {typed(options)} --yes"
        raise BadInput("\n".join([*lines, command]))
    if told:
        sentences.write(lines)


def _export(options: Any, con: bool, output: CkDict) -> None:
    from ck_imagenet.cli import progress_bar, sentences
    from ck_imagenet.commands import export
    from ck_imagenet.exports import environment

    if options.register:
        environment.prove_possible(ck, options)
    con = con and not options.quiet
    progress = progress_bar.choose(verbose=False, quiet=not con)
    done = export.export(options, _store(options), progress)
    output["export"] = done.facts()
    if options.register:
        output["environment"] = environment.register(ck, options, done.to)
    if con:
        sentences.write(sentences.exported(done))
        if options.register:
            sentences.write([f"  registered: ck show env:{output['environment']}"])


def _browse(options: Any, con: bool, output: CkDict) -> None:
    from ck_imagenet.cli import progress_bar, sentences
    from ck_imagenet.commands import browse

    progress = progress_bar.choose(verbose=False, quiet=not con)
    output["pages"] = []
    for written in browse.browse(options, _store(options), progress):
        output["pages"].append(written.facts())
        if con:
            sentences.write([str(written.page)])
        if con and sentences.on_terminal() and not options.no_open:
            progress_bar.show(written.page)


def _view(i: CkDict, output: CkDict) -> None:
    from ck_imagenet.catalogue.synsets import with_pictures
    from ck_imagenet.commands import browse
    from ck_imagenet.core.errors import BadInput
    from ck_imagenet.core.text import Progress
    from ck_imagenet.gallery import pages
    from ck_imagenet.storage.ck_repositories import OVERVIEW

    entry = {"module_uoa": work["self_module_uid"], "data_uoa": i.get("data_uoa") or ""}
    found = ck.access(dict(entry, action="find", common_func="yes"))  # whatever its meta is
    if found["return"] > 0:
        raise BadInput(found["error"])
    name = found["data_uoa"]
    store = _ck_store()
    if name == OVERVIEW:
        page = browse.overview(store, Progress())
    else:
        page = browse.synset(store.synset(*with_pictures([name])), Progress())
    output["html"] = pages.framed(page)


def _status(options: Any, con: bool, output: CkDict) -> None:
    from ck_imagenet.catalogue import synsets
    from ck_imagenet.cli import sentences, tables
    from ck_imagenet.core.options import refuse_together
    from ck_imagenet.storage import inventory, summaries
    from ck_imagenet.storage.inventory import inventories

    if options.hosts:
        refuse_together(options, "hosts", "failures")
    store, asked = _present_store(options), (options.wnid, options.under, options.search)
    if options.failures:
        failed = inventory.failures(inventories(store, *asked))
        if con:
            sentences.write(tables.failures(failed), "latin-1")
        else:
            output["failures"] = [record.facts() for record in failed]
        return
    tallies: Iterable[inventory.Tally]
    if options.hosts:
        of, tallies = "host", inventory.by_host(inventories(store, *asked))
    else:
        of, tallies = "wnid", summaries.tallies(store, synsets.among(store.wnids(), *asked))
    if con:
        terminal = sentences.on_terminal()
        sentences.write(tables.standing(tallies, of) if terminal else tables.lines(tallies))
    else:
        rows = list(tallies)
        output["hosts" if options.hosts else "synsets"] = [
            {of: tally.name, **tally.facts()} for tally in rows
        ]
        output["total"] = inventory.total(rows).facts()


def _check(options: Any, con: bool, output: CkDict) -> None:
    from ck_imagenet.cli import progress_bar, sentences, tables
    from ck_imagenet.commands import check

    progress = progress_bar.choose(verbose=False, quiet=not con)
    inspection = check.Inspection(options, _present_store(options), progress)
    output["findings"] = []
    for finding in inspection.findings():
        output["findings"].append(finding.facts())
        if con:
            sentences.write([tables.finding(finding)])
    output["pictures"] = inspection.pictures
    if con and sentences.on_terminal():
        sentences.write([tables.inspected(inspection)])
    inspection.refuse()


def _clean(options: Any, con: bool, output: CkDict) -> None:
    from ck_imagenet.cli import progress_bar, sentences, tables
    from ck_imagenet.commands import clean
    from ck_imagenet.core.errors import BadInput

    if not (con or options.force or options.dry_run):
        raise BadInput("nobody can be asked here: give force too, or dry_run to see what would go")

    def agree(plan: clean.Plan) -> bool:
        if con:
            sentences.write(tables.plan(plan))
        return not options.dry_run and (options.force or sentences.agrees("Remove this?"))

    progress = progress_bar.choose(verbose=False, quiet=not con)
    output["synsets"] = []
    for plan in clean.clean(options, _present_store(options), progress, agree):
        output["synsets"].append(plan.facts())
        if con:
            sentences.write(tables.cleaned(plan, options.dry_run))


def _demo(options: Any, con: bool, output: CkDict) -> None:
    import signal
    import time

    from ck_imagenet.cli import sentences
    from ck_imagenet.core.errors import BadInput
    from ck_imagenet_practice import CannotListen, PracticeWeb
    from ck_imagenet_practice.world import SYNSETS

    # Also when started in the background by a script, where a shell has Ctrl-C ignored.
    with suppress(ValueError):  # in another thread than the main one
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler)
    try:
        with PracticeWeb(options.port) as web:
            if con:
                sentences.write(sentences.practice(web.environment(), SYNSETS))
            while True:
                time.sleep(3600)
    except CannotListen as error:
        raise BadInput(f"{error} with --port=N") from None
    except KeyboardInterrupt:
        return


##############################################################################
# between CK's dict and the library


def _run(name: str, i: CkDict, action: Action) -> CkDict:
    """Run an action with the options of the input; return its output, or what went wrong."""

    def with_options(output: CkDict) -> None:
        from ck_imagenet.core.actions import ACTIONS
        from ck_imagenet.core.options import parse

        _refuse_stray(i, ACTIONS[name])
        options: Any = parse(ACTIONS[name], _given(i), _settings())
        action(options, i.get("out") == "con", output)

    return _answer(with_options)


def _answer(fill: Callable[[CkDict], None]) -> CkDict:
    """Return an output that is filled, or what went wrong."""
    if sys.stdin is None:  # CK asks it for its encoding
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    output: CkDict = {"return": 0}
    try:
        from ck_imagenet.core.errors import ImagenetError, NobodyReads, TooLittleMemory

        try:
            fill(output)
        except NobodyReads:
            pass
        except (ImportError, MemoryError, RuntimeError) as error:
            if not TooLittleMemory.is_why(error):
                raise
            output.update({"return": 1, "error": str(TooLittleMemory())})
        except ImagenetError as error:
            output.update({"return": 1, "error": _shown(error)})
    except ModuleNotFoundError as error:
        output.update({"return": 1, "error": _missing(error)})
    except KeyboardInterrupt as stopped:
        again = "interrupted; what is here is kept, and the same command goes on from there"
        output.update({"return": 130, "error": str(stopped) or again})
    except Exception as error:
        output.update({"return": 1, "error": _defect(error)})
    return output


def _shown(error: Exception) -> str:
    """Return an error's text without what could play tricks on a terminal: it may quote a list."""
    from ck_imagenet.core.text import visible

    return "\n".join(map(visible, str(error).split("\n")))


def _refuse_stray(i: CkDict, options: type) -> None:
    """Refuse words that stand alone, such as the 10 of "--jobs 10", which CK ties to nothing."""
    from ck_imagenet.core.errors import BadInput
    from ck_imagenet.core.options import kinds

    stray = list(i.get("cids") or []) + list(i.get("unparsed") or [])
    if not stray:
        return
    takes_value = [name for name, (kind, _) in kinds(options).items() if kind.value]
    empty = [key.replace("_", "-") for key, value in i.items() if value == "yes"]
    meant = [name for name in [*empty, "wnid", "search"] if name in takes_value]
    advice = f"write --{meant[0]}={stray[0]}" if meant else "options are written --name=value"
    raise BadInput(f'"{stray[0]}" stands alone: {advice}')


def _given(i: CkDict) -> CkDict:
    """Return the options in the input; what stands after the colon of imagenet:W is a wnid."""
    given = {str(key): value for key, value in i.items() if key not in KERNEL_KEYS}
    if i.get("data_uoa"):
        named = given.get("wnid") or []
        given["wnid"] = [i["data_uoa"], *(named if isinstance(named, (list, tuple)) else [named])]
    return given


def _settings() -> CkDict:
    """Return CK's configuration of this module, the entry `local:cfg:imagenet`."""
    from ck_imagenet.core.actions import SETTINGS
    from ck_imagenet.core.errors import BadInput
    from ck_imagenet.core.options import CONFIGURATION

    entry = {"module_uoa": "cfg", "data_uoa": "imagenet", "repo_uoa": "local"}
    try:
        found = ck.access(dict(entry, action="load", common_func="yes"))
        settings: CkDict = found["dict"] if found["return"] == 0 else {}
        settings = dict(settings.items())
    except (AttributeError, TypeError, ValueError):  # CK itself takes any JSON for an object
        raise BadInput(
            f"{CONFIGURATION} cannot be read; to begin it anew: ck rm local:cfg:imagenet --force"
        ) from None
    for key in settings:
        if key.replace("_", "-") not in SETTINGS:
            there = ", ".join(sorted(SETTINGS))
            raise BadInput(f'{CONFIGURATION}: "{key}" is no setting; there are {there}')
    return settings


def _store(options: Any) -> Any:
    """Return where the pictures are: in the folder that the options name, or in CK."""
    from ck_imagenet.core.files import path_of
    from ck_imagenet.storage.folders import FolderStore

    return FolderStore(path_of("--outdir", options.outdir)) if options.outdir else _ck_store()


def _present_store(options: Any) -> Any:
    """Return where to look for what is here."""
    from ck_imagenet.core.errors import BadInput
    from ck_imagenet.core.files import path_of
    from ck_imagenet.storage.folders import FolderStore

    if not options.outdir:
        return _ck_store()
    folder = path_of("--outdir", options.outdir)
    if not folder.is_dir():
        raise BadInput(f'--outdir="{options.outdir}" is no folder')
    return FolderStore(folder)


def _ck_store() -> Any:
    from ck_imagenet.storage.ck_store import CkStore

    return CkStore(ck)


def _archive() -> Any:
    """Return the archive of all URLs, which is opened when it is needed."""
    from ck_imagenet.sources import url_archive
    from ck_imagenet.sources.url_archive import ArchiveSource
    from ck_imagenet.storage import ck_repositories

    return ArchiveSource(lambda: url_archive.Archive.at(ck_repositories.home(ck)))


def _defect(error: Exception) -> str:
    import traceback

    from ck_imagenet import PROJECT

    place = traceback.extract_tb(error.__traceback__)[-1]
    what = f"{type(error).__name__} ({_shown(error)})"
    return (
        f"a defect of ck-imagenet, {what} in line {place.lineno} of {place.filename}; "
        f"please report it at {PROJECT}/issues"
    )


def _missing(error: ModuleNotFoundError) -> str:
    # What is imported only where it is used.
    extra = {"pyarrow": "-export", "distributed": "-dask"}
    requirements = HERE.parent.parent / f"requirements{extra.get(error.name or '', '')}.txt"
    return (
        f'the Python package "{error.name}" is missing; '
        f'get all that is needed with: "{sys.executable}" -m pip install -r "{requirements}"'
    )
