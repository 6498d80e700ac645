"""The CK module `imagenet`: CK's side of the library `ck_imagenet` beside it.

CK gives every action one dict and takes one back; no other file knows these.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
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
              (lower=N)            - first position to list; at least 0 [0]
              (upper=N)            - last position to list, by default the last there is; at least
                                     0
              (downloaded-only)    - only synsets with pictures here
              (images)             - list the pictures here, as name and URL, in the form that
                                     --urls reads
              (search=WORDS)       - only synsets with all these words, or words beginning so
              (under=WNID)         - only this synset and those below it
              (ilsvrc2012)         - only the 1,000 synsets of ILSVRC2012
              (words)              - print the words too when not on a terminal
            }

    Output: {
              return       - 0, or 1 with an error
              (error)      - what is wrong and what to do, in a sentence
              lst          - (unless out=con) a list of {wnid, index, words, hypernyms, ilsvrc2012,
                             downloaded}; with images, of {name, url}
            }
    """
    # Whoever names a repository or an entry asks for entries, as of any other module.
    if isinstance(i.get("data_uoa") or i.get("repo_uoa"), str):
        out = "con" if i.get("out") == "con" else ""
        found: CkDict = ck.access(dict(i, common_func="yes", out=out))
        return found
    return _run("list", i, _list)


##############################################################################
# print the URLs of the pictures of synsets


def geturls(i: CkDict) -> CkDict:
    """
    Input:  {
              (wnid=W)             - the synset's wnid, or several with commas between; also after
                                     the colon of imagenet:W
              (urls=FILE-or-URL)   - a list of URLs, a file or an address, in which {wnid} stands
                                     for the wnid: a URL a line, or a name and a URL; plain, .gz
                                     or .tgz
              (mapping)            - print name, tab and URL
              (save=FILE)          - write to this file instead
              (service=URL)        - the address of image-net.org's list service; a setting
                                     [https://www.image-net.org]
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
                             character a byte
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
              (urls=FILE-or-URL)   - a list of URLs, a file or an address, in which {wnid} stands
                                     for the wnid: a URL a line, or a name and a URL; plain, .gz
                                     or .tgz
              (jobs=N)             - connections at once; from 1 to 1000 [32]
              (retry=N)            - further attempts after the first, where one may help; at
                                     least 0 [2]
              (timeout=S)          - for the whole of one URL, in seconds; more than 0 [20]
              (sleep=S)            - between two requests to one host, in seconds; at least 0 [0]
              (processes=N)        - processes, by default as many as there are cores, and pay;
                                     one with --max-images; from 1 to 64
              (per-host=N)         - connections to one host at once; from 1 to 1000 [10]
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
                             taken_out}: URLs known, pictures here, saved by this run, URLs that
                             this run asked for, how many of the others failed by outcome, files put
                             aside because they are no pictures, pictures of synsets done before
                             that were removed as placeholders, by wnid
            }
    """
    return _run("download", i, _download)


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
    from ck_imagenet import console, listing

    terminal = con and console.on_terminal()
    # In a pipe, the whole catalogue is listed without a look at the disk.
    counted = options.downloaded_only or options.images or terminal or not con
    rows = list(listing.listed(options, _ck_store().counts() if counted else {}))
    if options.images:
        links = listing.images(_ck_store(), rows)
        if con:
            console.write((f"{link.name} {link.url}" for link in links), "latin-1")
        else:
            output["lst"] = _pairs(links)
    elif con:
        console.write(console.synsets_table(rows) if terminal else console.wnids(rows, options))
    else:
        output["lst"] = [
            {
                "wnid": synset.wnid,
                "index": synset.position,
                "words": list(synset.words),
                "hypernyms": list(synset.hypernyms),
                "ilsvrc2012": synset.ilsvrc2012,
                "downloaded": downloaded,
            }
            for synset, downloaded in rows
        ]


def _geturls(options: Any, con: bool, output: CkDict) -> None:
    from ck_imagenet import console, geturls
    from ck_imagenet.files import path_of

    found = geturls.geturls(options, _ck_store())
    if options.save:
        geturls.save(found, path_of("--save", options.save), options.mapping)
        if con:
            console.write([f'{len(found)} URLs written to "{options.save}"'])
    elif con:
        console.write((geturls.line(link, options.mapping) for link in found), "latin-1")
    else:
        output["lst"] = _pairs(found)


def _pairs(links: Iterable[Any]) -> list[dict[str, str]]:
    return [{"name": str(link.name), "url": link.url} for link in links]


def _download(options: Any, con: bool, output: CkDict) -> None:
    from ck_imagenet import console, download, stderr_progress
    from ck_imagenet.files import path_of
    from ck_imagenet.folder_store import FolderStore

    folder = path_of("--outdir", options.outdir) if options.outdir else None
    store = FolderStore(folder) if folder else _ck_store()
    progress = stderr_progress.choose(options.verbose, options.quiet or not con)
    output["synsets"] = []
    for summary in download.download(options, store, progress):
        output["synsets"].append(summary.facts())
        if con and not options.quiet:
            console.write(console.summary(summary, options.dry_run))


def _demo(options: Any, con: bool, output: CkDict) -> None:
    import signal
    import time

    from ck_imagenet import console
    from ck_imagenet.errors import BadInput
    from ck_imagenet_practice import CannotListen, PracticeWeb
    from ck_imagenet_practice.world import SYNSETS

    # Also when started in the background by a script, where a shell has Ctrl-C ignored.
    with suppress(ValueError):  # in another thread than the main one
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler)
    try:
        with PracticeWeb(options.port) as web:
            if con:
                console.write(console.practice(web.environment(), SYNSETS))
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
    if sys.stdin is None:  # CK asks it for its encoding
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    output: CkDict = {"return": 0}
    try:
        from ck_imagenet.actions import ACTIONS
        from ck_imagenet.errors import ImagenetError, NobodyReads
        from ck_imagenet.options import parse

        try:
            _refuse_stray(i, ACTIONS[name])
            options: Any = parse(ACTIONS[name], _given(i), _settings())
            action(options, i.get("out") == "con", output)
        except NobodyReads:
            pass
        except ImagenetError as error:
            output.update({"return": 1, "error": _shown(error)})
    except ModuleNotFoundError as error:
        output.update({"return": 1, "error": _missing(error)})
    except KeyboardInterrupt:
        again = "interrupted; what is here is kept, and the same command goes on from there"
        output.update({"return": 130, "error": again})
    except Exception as error:
        output.update({"return": 1, "error": _defect(error)})
    return output


def _shown(error: Exception) -> str:
    """Return an error's text without what could play tricks on a terminal: it may quote a list."""
    from ck_imagenet.console import visible

    return "\n".join(map(visible, str(error).split("\n")))


def _refuse_stray(i: CkDict, options: type) -> None:
    """Refuse words that stand alone, such as the 10 of "--jobs 10", which CK ties to nothing."""
    from ck_imagenet.errors import BadInput
    from ck_imagenet.options import kinds

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
    from ck_imagenet.actions import SETTINGS
    from ck_imagenet.errors import BadInput
    from ck_imagenet.options import CONFIGURATION

    entry = {"module_uoa": "cfg", "data_uoa": "imagenet", "repo_uoa": "local"}
    found = ck.access(dict(entry, action="load", common_func="yes"))
    settings: CkDict = found["dict"] if found["return"] == 0 else {}
    for key in settings:
        if key.replace("_", "-") not in SETTINGS:
            there = ", ".join(sorted(SETTINGS))
            raise BadInput(f'{CONFIGURATION}: "{key}" is no setting; there are {there}')
    return settings


def _ck_store() -> Any:
    from ck_imagenet.ck_store import CkStore

    return CkStore(ck)


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
    requirements = HERE.parent.parent / "requirements.txt"
    return (
        f'the Python package "{error.name}" is missing; '
        f'get all that is needed with: "{sys.executable}" -m pip install -r "{requirements}"'
    )
