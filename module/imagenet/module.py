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
from ck_imagenet.cli import interrupts

interrupts.end_at_once("ck")

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
    if not hasattr(ck.get_api, "of_imagenet"):
        ck.get_api = _with_help(ck.get_api)
    return {"return": 0}


##############################################################################
# List synsets, with their words and the number of their pictures here


def list_synsets(i: CkDict) -> CkDict:
    """
    Input:  {
              (wnid=W)        - the wnid of the synset, or several separated by commas
              (under=W)       - only this synset and all below it; several separated by commas
              (search=WORDS)  - only synsets with all these words; beginnings match too
              (ilsvrc2012)    - only the 1,000 synsets of ILSVRC2012
              (set=NAME)      - only the synsets of a set: imagenette, imagewoof, imagenet-100,
                                tiny-imagenet, mini-imagenet, imagenet-a or imagenet-r
              (lower=N)       - the first position, in the order of wnids; at least 0 [0]
              (upper=N)       - the last position; by default the last of all; at least 0
              (downloaded-only)- only synsets that have pictures here
              (images)        - list the pictures here, as names and URLs, in the form that --urls
                                reads
              (words)         - print the words too, also when the output is not a terminal
              (sort=urls)     - those with the most URLs first; needs the archive of all URLs
              (outdir=DIR)    - use pictures saved by download --outdir=DIR, not those in CK
            }

    Output: {
              return       - 0, or 1 with an error; 2 when you must choose or answer first
              (error)      - what is wrong and what to do
              lst          - (unless out=con) a list of {wnid, index, words, hypernyms, ilsvrc2012,
                             below, downloaded, urls}. below: how many synsets are below it;
                             downloaded: how many pictures are here; urls: how many URLs the archive
                             of all URLs has for it, null without that archive. With images, a list
                             of {name, url}
            }
    """
    # Whoever names a repository or an entry asks for entries, as of any other module.
    if isinstance(i.get("data_uoa") or i.get("repo_uoa"), str):
        return _answer(partial(_list_entries, i))
    return _run("list", i)


##############################################################################
# Print the URLs of synsets


def geturls(i: CkDict) -> CkDict:
    """
    Input:  {
              (wnid=W)        - the wnid of the synset, or several separated by commas
              (under=W)       - only this synset and all below it; several separated by commas
              (search=WORDS)  - only synsets with all these words; beginnings match too
              (ilsvrc2012)    - only the 1,000 synsets of ILSVRC2012
              (set=NAME)      - only the synsets of a set: imagenette, imagewoof, imagenet-100,
                                tiny-imagenet, mini-imagenet, imagenet-a or imagenet-r
              (urls=FILE-or-URL)- a list or a table of URLs, in a file or at a URL; {wnid} in its
                                  name stands for the wnid
              (url-col=COLUMN)- for a table: the column with the URLs
              (name-col=COLUMN)- for a table: the column with names such as n01440764_9981
              (mapping)       - print the name, a tab and the URL
              (save=FILE)     - write to this file, and print nothing
              (sources)       - show the sources of lists: the state of each, and what it needs
              (source=NAME)   - use only this source: archive, imagenet or wayback for lists, or
                                winter21 for pictures
              (refresh)       - ask for the list again, although it is saved here
              (all)           - save the URLs of all synsets in an archive on this machine; later
                                commands ask it first
              (archive=FILE-or-URL)- for --all: ImageNet's list of all URLs, a file or a URL; by
                                     default the Wayback Machine's copy; a setting
              (archive-sha1=HEX)- for --all: the SHA-1 that the list must have; by default the
                                  published one for a URL, and any for a file; a setting
              (force)         - for --all: download the list again, and accept any SHA-1
              (search-url=HOST)- count the URLs of this host and its subdomains in the archive
              (outdir=DIR)    - use pictures saved by download --outdir=DIR, not those in CK
              (service=URL)   - the URL of image-net.org's list service; a setting
                                [https://www.image-net.org]
              (wayback-service=URL)- the URL of the Wayback Machine; a setting
                                     [https://web.archive.org]
              (winter21=URL)  - the URL of winter21's tars; {wnid} in it stands for the wnid; a
                                setting [https://image-net.org/data/winter21_whole/{wnid}.tar]
              (user-agent=TEXT)- the User-Agent that hosts see; a setting [ck-imagenet/1.0.0
                                 (+https://github.com/ck-imagenet/ck-imagenet)]
              (resolve=HOST:ADDRESS)- use these addresses instead of DNS, as HOST:ADDRESS or
                                      HOST:PORT:ADDRESS; HOST may be * (any other); ADDRESS may be
                                      none (no such host) or slow:SECONDS (a slow answer); a setting
              (allow-private=HOSTS)- hosts, addresses and networks that may be asked although they
                                     are not public, such as 127.0.0.0/8,myserver; a setting
            }

    Output: {
              return       - 0, or 1 with an error; 2 when you must choose or answer first
              (error)      - what is wrong and what to do
              lst          - (unless out=con) a list of {name, url}; url is Latin-1 text: one
                             character for each byte. With search-url, a list of {host, urls}
              sources      - (only with sources) a list of {name, state, needs}
              archive      - (only with all) {urls, synsets, odd, source, sha1, time, data, rest}.
                             odd: lines without a name or a URL; source, time: where the list is
                             from, and since when it is here; data: the file of all URLs; rest: the
                             file of the odd lines
            }
    """
    return _run("geturls", i)


##############################################################################
# Download the pictures of synsets; skip those that are here already


def download(i: CkDict) -> CkDict:
    """
    Input:  {
              (wnid=W)        - the wnid of the synset, or several separated by commas
              (under=W)       - only this synset and all below it; several separated by commas
              (search=WORDS)  - only synsets with all these words; beginnings match too
              (ilsvrc2012)    - only the 1,000 synsets of ILSVRC2012
              (set=NAME)      - only the synsets of a set: imagenette, imagewoof, imagenet-100,
                                tiny-imagenet, mini-imagenet, imagenet-a or imagenet-r
              (wnids=FILE)    - a file with one wnid on each line; # begins a comment
              (all)           - all synsets
              (lower=N)       - the first position, in the order of wnids; at least 0 [0]
              (upper=N)       - the last position; by default the last of all; at least 0
              (yes)           - download more than 100 synsets
              (urls=FILE-or-URL)- a list or a table of URLs, in a file or at a URL; {wnid} in its
                                  name stands for the wnid
              (url-col=COLUMN)- for a table: the column with the URLs
              (name-col=COLUMN)- for a table: the column with names such as n01440764_9981
              (from=COPY)     - take the pictures from a copy of ImageNet: a folder, a zip or tars,
                                as files or URLs; {wnid} and {0000..1023} may stand in them
              (labels=FILE)   - for --from, if its names do not tell the synsets: a file that does,
                                such as val.txt, LOC_val_solution.csv, the devkit, or a list of
                                wnids
              (token=HOST:VARIABLE)- which environment variable holds your token for the host;
                                     several separated by commas; by default HF_TOKEN for
                                     huggingface.co
              (source=NAME)   - use only this source: archive, imagenet or wayback for lists, or
                                winter21 for pictures
              (refresh)       - ask for the list again, although it is saved here
              (accept-terms)  - accept ImageNet's terms of access, as winter21 requires; a setting
              (wayback)       - ask the Wayback Machine for pictures that are gone; slow
              (wayback-date=DATE)- for --wayback: prefer copies from this time; a setting [2010]
              (jobs=N)        - how many connections at once; from 1 to 1000 [32]
              (retry=N)       - how often to ask again, where that may help; at least 0 [2]
              (timeout=S)     - the most time for one link, in seconds; more than 0 [20]
              (sleep=S)       - pause between requests to one host, in seconds; at least 0 [0]
              (processes=N)   - how many processes download; by default as many as save time; from 1
                                to 64
              (engine=NAME)   - what downloads: this machine by default; dask is a cluster whose
                                machines all see these folders
              (scheduler=URL) - for --engine=dask: the URL of the Dask scheduler
              (per-host=N)    - how many connections to one host at once; from 1 to 1000 [10]
              (pace=HOST:N)   - at most N requests a second to a host and its subdomains, such as
                                flickr.com:1,example.org:0.5; a setting
              (no-known-hosts)- do not use the built-in facts about hosts: new names, widths, paces
                                and altered copies; known placeholders are still recognized
              (patience=TIME) - how long to keep asking when only hosts that ration their pictures
                                are left: 90s, 15m, 8h, 2d or forever [15m]
              (ignore-opt-out)- also save pictures whose hosts forbid their use for training
              (user-agent=TEXT)- the User-Agent that hosts see; a setting [ck-imagenet/1.0.0
                                 (+https://github.com/ck-imagenet/ck-imagenet)]
              (offset=N)      - how many lines to skip at the beginning of each list; at least 0 [0]
              (max-images=N)  - stop a synset at this many pictures; by default, all; at least 1
              (outdir=DIR)    - save pictures as DIR/W/W_NUMBER.jpg, not as CK entries
              (retry-failed=all)- ask again for links whose failure may be temporary; with =all, for
                                  all that failed
              (dry-run)       - show what the command would do, and do nothing
              (verbose)       - print the outcome of each link
              (quiet)         - print only errors
              (service=URL)   - the URL of image-net.org's list service; a setting
                                [https://www.image-net.org]
              (wayback-service=URL)- the URL of the Wayback Machine; a setting
                                     [https://web.archive.org]
              (winter21=URL)  - the URL of winter21's tars; {wnid} in it stands for the wnid; a
                                setting [https://image-net.org/data/winter21_whole/{wnid}.tar]
              (resolve=HOST:ADDRESS)- use these addresses instead of DNS, as HOST:ADDRESS or
                                      HOST:PORT:ADDRESS; HOST may be * (any other); ADDRESS may be
                                      none (no such host) or slow:SECONDS (a slow answer); a setting
              (allow-private=HOSTS)- hosts, addresses and networks that may be asked although they
                                     are not public, such as 127.0.0.0/8,myserver; a setting
            }

    Output: {
              return       - 0, also when some links were dead; 1 with an error; 130 when stopped by
                             Ctrl-C; 2 when you must choose or answer first
              (error)      - what is wrong and what to do
              synsets      - a list of {wnid, links, here, saved, to_fetch, failed, set_aside,
                             taken_out, renamed, from_wayback, for_wayback, wayback_trouble}. links:
                             known URLs; here: pictures here; saved: pictures that this run saved;
                             to_fetch: URLs that it asked for; failed: how many links failed, by
                             outcome; set_aside: files that are not pictures; taken_out: by wnid,
                             how many pictures of finished synsets were removed as placeholders;
                             from_wayback: pictures from the Wayback Machine; for_wayback: URLs that
                             it can be asked for; wayback_trouble: why it was not asked for all.
                             From copies, a list of {wnid, copy, here, unread, members, saved,
                             failed, odd, set_aside}. unread: why the copy was not read; members:
                             pictures of the synset in it; odd: what else is in it. For a synset
                             without a list, {wnid, unlisted}: what each source said
              estimate     - (with dry-run, or for more than 100 synsets) {synsets, urls, unlisted,
                             pictures, bytes, seconds, jobs}. urls: URLs to ask for; unlisted:
                             synsets whose lists are not here: the mean is assumed
            }
    """
    return _run("download", i)


##############################################################################
# Write pictures in a layout that other tools read


def export(i: CkDict) -> CkDict:
    """
    Input:  {
              (wnid=W)        - the wnid of the synset, or several separated by commas; by default
                                all here
              (under=W)       - only this synset and all below it; several separated by commas
              (search=WORDS)  - only synsets with all these words; beginnings match too
              (ilsvrc2012)    - only the 1,000 synsets of ILSVRC2012
              (set=NAME)      - only the synsets of a set: imagenette, imagewoof, imagenet-100,
                                tiny-imagenet, mini-imagenet, imagenet-a or imagenet-r
              (to=DIR)        - the folder to write: a new one, or one of an earlier run of the same
                                export
              (layout=NAME)   - folders, flat, webdataset, csv, parquet, links or links-parquet
                                [folders]
              (max-images=N)  - at most this many pictures of each synset, those with the smallest
                                numbers; at least 1
              (unaltered)     - leave out pictures from hosts that are known to give altered copies
              (split=SHARES)  - the shares of each class for training, validation and tests, such as
                                0.8,0.2 or 0.8,0.1,0.1; by default there is one part
              (seed=N)        - a number; another one gives another split and order; at least 0 [0]
              (resize=N)      - pixels of the shorter side; all are re-encoded as JPEGs; from 8 to
                                4096
              (crop=center)   - for --resize: cut each picture to the square in its middle
              (quality=N)     - the quality of re-encoded JPEGs; from 1 to 100 [95]
              (keep-formats)  - keep every picture as it is, also in formats that some tools cannot
                                read
              (link=HOW)      - how to put unchanged files there, as links or copies: hard, symbolic
                                or copy [copy]
              (shard-size=N)  - the size of each file of webdataset or parquet, in megabytes; from 1
                                to 100000 [256]
              (register)      - register the folder in CK as an environment, for CK programs:
                                folders for training, flat for validation
              (outdir=DIR)    - use pictures saved by download --outdir=DIR, not those in CK
              (quiet)         - print only errors
            }

    Output: {
              return       - 0; 1 with an error; 2 when you must choose first; 130 when stopped
              (error)      - what is wrong and what to do
              export       - {to, layout, classes, pictures, links, written, removed, parts, labels,
                             missing, reencoded, quality, altered, left_out, lacking}. classes,
                             pictures, links: how many are in the folder; written, removed: by this
                             run; parts: pictures of each part; labels: "positions", "ilsvrc2012",
                             or the set whose labels these are; missing: synsets of the set that are
                             not here; reencoded, quality: re-encoded pictures, and their quality;
                             altered: altered copies among them; left_out: names of pictures that
                             cannot be decoded, and why; lacking: folders that have no others
              environment  - with register, the UID of CK's environment
              environment_of_labels - that of their labels, if they are ILSVRC2012's or a set's
            }
    """
    return _run("export", i)


##############################################################################
# Show the pictures of synsets on a web page, and why others are missing


def browse(i: CkDict) -> CkDict:
    """
    Input:  {
              (wnid=W)        - the wnid of the synset, or several separated by commas; without it,
                                an overview of all synsets here
              (under=W)       - only this synset and all below it; several separated by commas
              (search=WORDS)  - only synsets with all these words; beginnings match too
              (ilsvrc2012)    - only the 1,000 synsets of ILSVRC2012
              (set=NAME)      - only the synsets of a set: imagenette, imagewoof, imagenet-100,
                                tiny-imagenet, mini-imagenet, imagenet-a or imagenet-r
              (save=FILE)     - write the page to this file
              (no-open)       - do not open the page in a browser
              (outdir=DIR)    - use pictures saved by download --outdir=DIR, not those in CK
            }

    Output: {
              return       - 0; 1 with an error; 2 when you must choose first; 130 when stopped
              (error)      - what is wrong and what to do
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
              (error)      - what is wrong and what to do
              html         - the page, in a frame
            }
    """
    return _answer(partial(_view, i))


##############################################################################
# Show how many pictures are here, and why the others are missing


def status(i: CkDict) -> CkDict:
    """
    Input:  {
              (wnid=W)        - the wnid of the synset, or several separated by commas
              (under=W)       - only this synset and all below it; several separated by commas
              (search=WORDS)  - only synsets with all these words; beginnings match too
              (ilsvrc2012)    - only the 1,000 synsets of ILSVRC2012
              (set=NAME)      - only the synsets of a set: imagenette, imagewoof, imagenet-100,
                                tiny-imagenet, mini-imagenet, imagenet-a or imagenet-r
              (hosts)         - show hosts, not synsets
              (failures)      - show each link that gave no picture, with the cause
              (outdir=DIR)    - use pictures saved by download --outdir=DIR, not those in CK
            }

    Output: {
              return       - 0, or 1 with an error; 2 when you must choose or answer first
              (error)      - what is wrong and what to do
              synsets      - (unless out=con) a list of {wnid, here, known, waiting, failed, bytes,
                             rot, latest, altered}. here: pictures here; known: links and pictures
                             in all; waiting: links to be asked for; failed: how many links failed,
                             by outcome; bytes: of the pictures; rot: the share of the asked links
                             that is dead, from 0 to 1, or null; latest: when the last link was
                             settled; altered: pictures that their hosts have altered
              hosts        - (only with hosts) a list of the same, with host in place of wnid
              total        - the sum of all
              failures     - (only with failures) a list of {name, url, outcome, detail, time, …},
                             as in the journal
            }
    """
    return _run("status", i)


##############################################################################
# Check that every picture is still as it was saved


def check(i: CkDict) -> CkDict:
    """
    Input:  {
              (wnid=W)        - the wnid of the synset, or several separated by commas
              (under=W)       - only this synset and all below it; several separated by commas
              (search=WORDS)  - only synsets with all these words; beginnings match too
              (ilsvrc2012)    - only the 1,000 synsets of ILSVRC2012
              (set=NAME)      - only the synsets of a set: imagenette, imagewoof, imagenet-100,
                                tiny-imagenet, mini-imagenet, imagenet-a or imagenet-r
              (decode)        - decode every picture too; slow
              (repair)        - repair what is wrong, or let the next download ask for the link
                                again
              (outdir=DIR)    - use pictures saved by download --outdir=DIR, not those in CK
            }

    Output: {
              return       - 0, or 1 with an error, such as findings; 2 when you must choose first
              (error)      - what is wrong and what to do
              pictures     - how many pictures have been checked
              findings     - a list of {wnid, finding, where, detail, mended}. where: the picture or
                             the file; detail: what exactly is wrong; mended: whether it was
                             repaired
            }
    """
    return _run("check", i)


##############################################################################
# Remove pictures, or forget links that failed


def clean(i: CkDict) -> CkDict:
    """
    Input:  {
              (wnid=W)        - the wnid of the synset, or several separated by commas
              (under=W)       - only this synset and all below it; several separated by commas
              (search=WORDS)  - only synsets with all these words; beginnings match too
              (ilsvrc2012)    - only the 1,000 synsets of ILSVRC2012
              (set=NAME)      - only the synsets of a set: imagenette, imagewoof, imagenet-100,
                                tiny-imagenet, mini-imagenet, imagenet-a or imagenet-r
              (number=N)      - reject these pictures: remove them and never download them again;
                                several separated by commas
              (failed)        - forget the links that failed, so that they are asked for again;
                                remove files set aside
              (all)           - remove everything of the synset that is here, also its CK repository
              (dry-run)       - show what the command would remove, and do nothing
              (force)         - remove without asking you first
              (outdir=DIR)    - use pictures saved by download --outdir=DIR, not those in CK
            }

    Output: {
              return       - 0, or 1 with an error; 2 when you must choose or answer first
              (error)      - what is wrong and what to do
              synsets      - a list of {wnid, done, pictures, bytes, rejected, already, revived,
                             forgotten, files, folder, kept}. done: whether it was done; pictures,
                             bytes: what is removed; rejected: links that are rejected; already:
                             links that were rejected before; revived: rejections that are
                             forgotten; forgotten: links that are asked again; files: removed files
                             that had been set aside; folder: the folder that is removed; kept: your
                             own files in it, which stay
            }
    """
    return _run("clean", i)


##############################################################################
# Run a small practice web on this machine, to try the tool without the internet


def demo(i: CkDict) -> CkDict:
    """
    Input:  {
              (port=N)        - the port of every host of the practice web; from 1 to 65535 [14197]
            }

    Output: {
              return       - 0 when ended by Ctrl-C, or 1 with an error
              (error)      - what is wrong and what to do
            }
    """
    return _run("demo", i)


##############################################################################
# show what this is, the first command to type, and the actions


def show_help(i: CkDict) -> CkDict:
    """
    Input:  {}

    Output: {
              return       - 0, or 1 with an error
              (error)      - what is wrong and what to do
              help         - the text
            }
    """

    def tell(output: CkDict) -> None:
        from ck_imagenet.cli import help
        from ck_imagenet.cli.console import write

        lines = list(help.overview(_workspace().spelt))
        output["help"] = "\n".join(lines)
        if i.get("out") == "con":
            write(lines)

    return _answer(tell)


def _with_help(get_api: Callable[[CkDict], CkDict]) -> Callable[[CkDict], CkDict]:
    """Return CK's function behind --help, but that people see the options of our actions.

    CK's own prints the text of this file as it stands, however wide the terminal is, and nothing
    of the module's can be put in its place. Programs get what they always did.
    """

    def api(i: CkDict) -> CkDict:
        names = {name: action for action, name in cfg.get("actions_redirect", {}).items()}
        function = str(i.get("func"))
        action = names.get(function, function)
        is_ours = i.get("path") == str(Path(__file__).parent) and i.get("out") == "con"
        with suppress(ImportError):  # CK's own needs nothing that is missing
            from ck_imagenet.cli import help
            from ck_imagenet.cli.console import write

            if is_ours and action in help.EXAMPLES:
                lines = help.of_action(action, _workspace().spelt)
                _answer(lambda _: write(lines))  # which nobody may read to its end
                i = {**i, "out": ""}
        return get_api(i)

    api.of_imagenet = True  # type: ignore[attr-defined]
    return api


##############################################################################
# between CK's dict and the library


def _run(name: str, i: CkDict) -> CkDict:
    """Run an action with the options of the input; return its output, or what went wrong."""

    def act(output: CkDict) -> None:
        from ck_imagenet.cli import actions
        from ck_imagenet.storage.ck_kernel import settings

        stray = [*(i.get("cids") or []), *(i.get("unparsed") or [])]
        actions.run(name, _given(i), stray, settings(ck), _workspace, i.get("out") == "con", output)

    output = _answer(act)
    if i.get("out") == "con":
        from ck_imagenet.cli import doors

        doors.end_as_told(output, ck.cli)
    return output


def _answer(fill: Callable[[CkDict], None]) -> CkDict:
    """Return an output that is filled, or what went wrong."""
    from ck_imagenet.cli import doors

    output = doors.answer(fill)
    if "error" in output:
        with suppress(ImportError, MemoryError, OSError):  # what is then what went wrong
            place = _workspace()
            is_error = output["return"] not in doors.NO_ERRORS
            output["error"] = (place.complaint if is_error else place.spelt)(output["error"])
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
