"""The CK module `imagenet`: CK's side of the library `ck_imagenet` beside it.

CK gives every action one dict and takes one back; no other file knows these.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict

sys.path.insert(0, str(Path(__file__).absolute().parent))

CkDict = Dict[str, Any]

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
              (outdir=DIR)         - look there instead of in CK: what download --outdir=DIR has
                                     written
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
    return _run("list", i)


##############################################################################
# print the URLs of the pictures of synsets


def geturls(i: CkDict) -> CkDict:
    """
    Input:  {
              (wnid=W)             - the synset's wnid, or several with commas between
              (urls=FILE-or-URL)   - a list of URLs, or a table with a column of them: a file or
                                     an address, in which {wnid} stands for the wnid
              (url-col=COLUMN)     - which column of a table in --urls has the URLs
              (name-col=COLUMN)    - which column has names such as n01440764_9981
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
              (outdir=DIR)         - look there instead of in CK: what download --outdir=DIR has
                                     written
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
    return _run("geturls", i)


##############################################################################
# download the pictures of synsets and register them as CK entries


def download(i: CkDict) -> CkDict:
    """
    Input:  {
              (wnid=W)             - the synset's wnid, or several with commas between
              (wnids=FILE)         - the synsets in this file, a wnid a line, with # before
                                     comments
              (all)                - all synsets
              (under=WNID)         - only this synset and those below it
              (search=WORDS)       - only synsets with all these words, or words beginning so
              (ilsvrc2012)         - only the 1,000 synsets of ILSVRC2012
              (lower=N)            - first position in the order of wnids; at least 0 [0]
              (upper=N)            - last position, by default the last there is; at least 0
              (yes)                - do it although it is more than 100 synsets
              (urls=FILE-or-URL)   - a list of URLs, or a table with a column of them: a file or
                                     an address, in which {wnid} stands for the wnid
              (url-col=COLUMN)     - which column of a table in --urls has the URLs
              (name-col=COLUMN)    - which column has names such as n01440764_9981
              (from=COPY)          - take the pictures from a copy of ImageNet: a folder, a zip or
                                     tars, files or addresses, in which {wnid} and {0000..1023}
                                     may stand; --tar is its older name
              (labels=FILE)        - which synset pictures of --from are of whose names do not
                                     tell it: val.txt, Kaggle's LOC_val_solution.csv, the devkit,
                                     or the wnids in the order of labels
              (token=HOST:VARIABLE)- which environment variable has the token for a host that
                                     wants one, with commas between; huggingface.co has HF_TOKEN
                                     anyway
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
                                     from 1 to 64
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
    return _run("download", i)


##############################################################################
# hand pictures that are here to other tools


def export(i: CkDict) -> CkDict:
    """
    Input:  {
              (to=DIR)             - the folder to write, which may exist if it is of the same
                                     export
              (layout=NAME)        - folders, flat, webdataset, csv, parquet, links or
                                     links-parquet [folders]
              (wnid=W)             - the synset's wnid, or several with commas between; by default
                                     all with pictures here
              (under=WNID)         - only this synset and those below it
              (ilsvrc2012)         - only the 1,000 synsets of ILSVRC2012
              (max-images=N)       - pictures of a synset at most, those with the smallest
                                     numbers; at least 1
              (unaltered)          - without pictures of hosts that are known to give altered
                                     copies
              (split=SHARES)       - shares of each class for training, validation and tests, such
                                     as 0.8,0.2 or 0.8,0.1,0.1; by default one part
              (seed=N)             - another number, another split and order; at least 0 [0]
              (resize=N)           - pixels of the shorter side; all are encoded anew, as JPEGs;
                                     from 8 to 4096
              (crop=center)        - with --resize, cut to the square in the middle
              (quality=N)          - of JPEGs that are encoded anew; from 1 to 100 [95]
              (keep-formats)       - leave every byte of a picture as it is, whatever reads it
              (link=HOW)           - how files that stay as they are come there: hard, symbolic or
                                     copy [copy]
              (shard-size=N)       - megabytes of a file of webdataset or parquet; from 1 to
                                     100000 [256]
              (register)           - tell CK programs of the folder, as an environment: of folders
                                     for training, of flat for validation
              (outdir=DIR)         - look there instead of in CK: what download --outdir=DIR has
                                     written
              (quiet)              - print nothing but errors
            }

    Output: {
              return       - 0, or 1 with an error; 130 when interrupted
              (error)      - what is wrong and what to do, in a sentence
              export       - {to, layout, classes, pictures, links, written, removed, parts, labels,
                             reencoded, quality, left_out}: the folder; synsets, pictures, or links
                             in it; those written and removed by this run; pictures of each part,
                             if there are several; "ilsvrc2012" or "positions"; pictures encoded
                             anew, their quality; the names of those that cannot be decoded, and why
              environment  - with register, the UID of CK's environment
              environment_of_labels - the UID of that of their labels, if they are ILSVRC2012's
            }
    """
    return _run("export", i)


##############################################################################
# show the pictures of synsets, and what became of the rest, on a page


def browse(i: CkDict) -> CkDict:
    """
    Input:  {
              (wnid=W)             - the synset's wnid, or several with commas between; without
                                     it, an overview of all that are here
              (save=FILE)          - write the page to this file instead
              (no-open)            - do not open the page, as is done on a terminal
              (outdir=DIR)         - look there instead of in CK: what download --outdir=DIR has
                                     written
            }

    Output: {
              return       - 0, or 1 with an error; 130 when interrupted
              (error)      - what is wrong and what to do, in a sentence
              pages        - a list of {wnid, page, bytes}: the synset, nothing for the overview;
                             the page's file; its size
            }
    """
    return _run("browse", i)


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
              (wnid=W)             - the synset's wnid, or several with commas between
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
    return _run("status", i)


##############################################################################
# check every picture against what is known of it


def check(i: CkDict) -> CkDict:
    """
    Input:  {
              (wnid=W)             - the synset's wnid, or several with commas between
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
    return _run("check", i)


##############################################################################
# remove pictures, or what is known of links


def clean(i: CkDict) -> CkDict:
    """
    Input:  {
              (wnid=W)             - the synset's wnid, or several with commas between
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
    return _run("clean", i)


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
    return _run("demo", i)


##############################################################################
# between CK's dict and the library


def _run(name: str, i: CkDict) -> CkDict:
    """Run an action with the options of the input; return its output, or what went wrong."""

    def act(output: CkDict) -> None:
        from ck_imagenet.cli import actions
        from ck_imagenet.storage.ck_kernel import settings

        stray = [*(i.get("cids") or []), *(i.get("unparsed") or [])]
        is_told = i.get("out") == "con"
        actions.run(name, _given(i), stray, settings(ck), _workspace, is_told, output)

    return _answer(act)


def _answer(fill: Callable[[CkDict], None]) -> CkDict:
    """Return an output that is filled, or what went wrong."""
    from ck_imagenet.cli import actions

    output = actions.answer(fill)
    if "error" in output:
        with suppress(ImportError, MemoryError, OSError):  # what is then what went wrong
            output["error"] = _workspace().complaint(output["error"])
    return output


def _workspace(outdir: str = "") -> Any:
    from ck_imagenet.commands import Workspace

    return Workspace(outdir, ck)


def _given(i: CkDict) -> CkDict:
    """Return the options in the input; what stands after the colon of imagenet:W is a wnid."""
    given = {str(key): value for key, value in i.items() if key not in KERNEL_KEYS}
    if i.get("data_uoa"):
        named = given.get("wnid") or []
        given["wnid"] = [i["data_uoa"], *(named if isinstance(named, (list, tuple)) else [named])]
    return given


def _list_entries(i: CkDict, output: CkDict) -> None:
    _ = _workspace().store  # which finds again what CK has lost
    out = "con" if i.get("out") == "con" else ""
    # By default CK stops after half a minute, and does not say so.
    output.update(ck.access({"time_out": "-1", **i, "common_func": "yes", "out": out}))


def _view(i: CkDict, output: CkDict) -> None:
    from ck_imagenet.commands import browse

    output["html"] = browse.framed(_workspace(), i.get("data_uoa") or "")
