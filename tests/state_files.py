"""Commands that find a state file damaged: thousands of damages in one process.

Run as a program, this damages what standard input tells, and prints what commands must not say.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import redirect_stdout
from itertools import islice
from pathlib import Path
from typing import Any

from ck_imagenet.core.files import checksum
from ck_imagenet.storage.folder_store import FolderStore
from ck_imagenet_practice import PracticeWeb
from damage import mutations
from terminal import Terminal

WNID = "n01440764"

# With these, all state files are read, by every reader; what they answer is theirs to decide.
COMMANDS: list[dict[str, Any]] = [
    {"action": "list", "downloaded_only": "yes"},
    {"action": "list", "images": "yes"},
    {"action": "status"},
    {"action": "status", "hosts": "yes"},
    {"action": "status", "failures": "yes"},
    {"action": "check"},
    {"action": "geturls", "wnid": WNID, "sources": "yes"},
    {"action": "geturls", "wnid": WNID},
    {"action": "geturls", "search_url": "example.org"},
    {"action": "list", "sort": "urls", "upper": 3},
    {"action": "browse", "wnid": WNID},
    {"action": "html_viewer", "data_uoa": WNID},
    {"action": "export", "to": "exported", "layout": "webdataset"},
    {"action": "download", "wnid": WNID, "dry_run": "yes"},
    {"action": "download", "wnid": WNID, "retry": "0", "retry_failed": "yes"},
    {"action": "geturls", "all": "yes", "archive": "../all", "force": "yes"},
    {"action": "check", "repair": "yes"},
    {"action": "check", "repair": "yes", "outdir": "plain"},
    {"action": "clean", "wnid": WNID, "failed": "yes", "force": "yes"},
    {"action": "clean", "wnid": WNID, "all": "yes", "force": "yes"},
]


STATE = f"imagenet-{WNID}/imagenet/{WNID}"
FILES = [
    *(f"{STATE}/{name}" for name in ("journal/0.jsonl", "names.tsv", "list.txt", "summary.json")),
    *(f"{STATE}/{name}" for name in ("tars.json", "thumbnails.jsonl", ".cm/meta.json")),
    *(f"imagenet-{WNID}/dataset/1/.cm/{name}.json" for name in ("meta", "info", "desc")),
    f"imagenet-{WNID}/dataset/.cm/alias-a-1",
    f"imagenet-{WNID}/.ckr.json",
    f"local/repo/imagenet-{WNID}/.cm/meta.json",
    f"imagenet-{WNID}/.cm/alias-a-dataset",
    f"local/repo/.cm/alias-a-imagenet-{WNID}",
    "local/cfg/imagenet/.cm/meta.json",
    *(f"local/imagenet/fall11/{name}" for name in ("archive.json", "index.tsv", "urls.gz")),
    *(f"local/imagenet/fall11/{name}" for name in ("fetched.tgz", "fetched.json")),
    "local/imagenet/overview/paces.json",
    f"plain/{WNID}/.ck-imagenet/saving-0.jsonl",
    *(f"exported/{name}" for name in (".ck-imagenet.json", ".shards.json")),
]
"""What is damaged, in the folder that is CK_REPOS and holds an export too."""


def main() -> None:
    """Damage files as told, let commands find that, and print what they must not say."""
    import ck.kernel as ck

    told = json.load(sys.stdin)
    here, pristine = Path(told["here"]), Path(told["pristine"])
    os.chdir(here)
    for file in told["files"] or FILES:
        for turn in range(told["times"]):
            _restore(ck, here, pristine)
            _said(ck, {"action": "status"})  # which believes a summary that it has written itself
            data = (here / file).read_bytes()
            changed = next(islice(mutations(data, told["seed"]), turn, None))
            for command in COMMANDS[turn % told["of"] :: told["of"]]:
                (here / file).parent.mkdir(parents=True, exist_ok=True)
                (here / file).write_bytes(changed)
                wrong = _said(ck, command)
                if wrong:
                    print(json.dumps([file, turn, command, wrong]), flush=True)
    print(json.dumps("done"))


def _restore(ck: Any, here: Path, pristine: Path) -> None:
    for place in here.iterdir():
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
    shutil.copytree(pristine, here, symlinks=True, dirs_exist_ok=True)
    assert ck.reload_repo_cache({"force": "yes"})["return"] == 0


def _said(ck: Any, command: dict[str, Any]) -> str:
    """Return what a command must not say: it is a defect, or no sentence."""
    try:
        with redirect_stdout(io.StringIO()):
            done = ck.access({**command, "module_uoa": "imagenet"})
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    text = str(done.get("error", ""))
    return text if "a defect of" in text or "Traceback" in text else ""


def prepared(terminal: Terminal, web: PracticeWeb) -> Path:
    """Fill a CK_REPOS with something of all kinds, also an export; return a copy of it."""
    kinds = ["good", "good", "gone", "reset"]
    links = [web.link(WNID, number, kind) for number, kind in enumerate(kinds, 1)]
    web.set_links(WNID, links)
    named = "".join(f"{each.name}\t{each.url}\n" for each in links)
    (terminal.folder / "all").write_text(named)
    (terminal.folder / "some").write_text("".join(f"{each.url}\n" for each in links))
    terminal.says("geturls", "imagenet", "--all", "--archive=all", "--force")
    terminal.says("download", "imagenet", f"--wnid={WNID}", "--urls=some", "--retry=0")
    tars = {"format": 1, "read": {"class.tar": "2020-01-01T00:00:00Z"}}
    (terminal.repos / STATE / "tars.json").write_text(json.dumps(tars))
    terminal.says("add", "local:cfg:imagenet", "@@@{'dict':{'wayback_date':'2010'}}")
    terminal.says("browse", "imagenet", f"--wnid={WNID}")
    terminal.says("export", "imagenet", f"--to={terminal.repos}/exported", "--layout=webdataset")
    _add_what_runs_leave(terminal.repos)
    copy = terminal.folder / "pristine"
    shutil.copytree(terminal.repos, copy, symlinks=True)
    return copy


def _add_what_runs_leave(repos: Path) -> None:
    """Add what only rations, interruptions and kills leave."""
    paces = {"example.org": {"rate": 2.0, "burst": 4, "period": 1.0, "time": int(time.time())}}
    overview = repos / "local" / "imagenet" / "overview"
    overview.mkdir(parents=True, exist_ok=True)
    (overview / "paces.json").write_text(json.dumps({"format": 1, "paces": paces}))
    archive = repos / "local" / "imagenet" / "fall11"
    (archive / "fetched.tgz").write_bytes(bytes(100))
    note = {"address": "http://example.org/", "version": "1", "size": 200}
    (archive / "fetched.json").write_text(json.dumps(note))
    name = f"{WNID}_1.jpg"
    plain = FolderStore(repos / "plain").synset(WNID)
    plain.create()
    shutil.copy(repos / f"imagenet-{WNID}" / "dataset" / "1" / name, plain.folder)
    sha256 = checksum(plain.folder / name)
    told = {"name": name[:-4], "url": "http://example.org/1", "outcome": "saved", "time": "2020"}
    (plain.state / "saving-0.jsonl").write_text(json.dumps({**told, "sha256": sha256}))


def found(
    terminal: Terminal, pristine: Path, times: int, seed: int = 0, of: int = 6, **told: Any
) -> list[Any]:
    """Return what commands must not say of damaged files, each time with file, turn and command.

    Parameters
    ----------
    terminal : Terminal
        Whose CK_REPOS is a copy of `pristine`, and is damaged.
    pristine : Path
        What it is restored from.
    times : int
        How often each file is damaged.
    seed : int
        Which damages these are.
    of : int
        How many damages share all commands among them: with 1, each is found by all.
    """
    asked = {"here": str(terminal.repos), "pristine": str(pristine), "times": times, "of": of}
    done = subprocess.run(
        [sys.executable, __file__],
        input=json.dumps({"files": [], "seed": seed, **asked, **told}),
        env={**terminal.environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        cwd=terminal.folder,
        capture_output=True,
        encoding="utf-8",
    )
    *lines, last = done.stdout.splitlines() or [""]
    assert last == '"done"', done.stdout + done.stderr
    return [json.loads(line) for line in lines]


if __name__ == "__main__":
    main()
