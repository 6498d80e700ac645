"""What is kept with a picture in CK, the meta of its entry: for us and for CK's programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Collection, Mapping

from ..catalogue import synsets
from ..core.files import write_whole
from ..core.outcomes import Failed, Outcome
from ..core.text import ImageName, parse_image_name, readable
from ..core.url_lists import is_url
from ..http.codings import unpacked
from ..images import decoding, judging
from .journal import FORMAT, Journal, Record, now, record_of, saved
from .store import SynsetStore


def meta_of(record: Record, file: str, known: dict[str, Any]) -> dict[str, Any]:
    """Return the meta of the entry of a picture, with whatever a user's own meta had.

    Parameters
    ----------
    record : Record
        What is known of the picture.
    file : str
        What its file is called.
    known : dict
        The entry's meta so far.
    """
    tags = _tags_of(record)
    tags += [tag for tag in _tags(known) if tag not in tags]
    facts = record.facts()
    # A picture of a tar is known by ImageNet's name, which its number here tells as a rule.
    for key in ("name", "outcome", "detail", *(("url",) if record.url == str(record.name) else ())):
        facts.pop(key, None)
    synset = synsets.load().get(record.name.wnid)
    own = {
        **facts,
        "format": FORMAT,
        "wnid": record.name.wnid,
        "number": record.name.number,
        "words": list(synset.words) if synset else [],
    }
    return {**known, "dataset_files": [file], "tags": tags, "imagenet": own}


def is_ours(meta: dict[str, Any]) -> bool:
    """Say whether a meta has told of a picture: else the entry is a user's."""
    return "imagenet" in meta


def without_picture(meta: dict[str, Any], name: ImageName) -> dict[str, Any]:
    """Return what is a user's own in the meta of a picture's entry."""
    own = _own(meta)
    url = _url_tag(str(own.get("url", "")))
    ours = {"imagenet", name.wnid, str(name.number), url, "dataset", "image"}
    ours.add(str(own.get("image_format")))
    kept = {key: meta[key] for key in meta if key not in ("dataset_files", "imagenet", "tags")}
    tags = [tag for tag in _tags(meta) if tag not in ours]
    return {**kept, "tags": tags} if "tags" in meta else kept


def url_in(meta: dict[str, Any]) -> str:
    """Return the URL that a meta tells, or an empty text."""
    url = str(_own(meta).get("url", ""))
    tag = next(filter(is_url, _tags(meta)), "")
    return url if is_url(url) else tag.encode().decode("latin-1")  # as lists are read


def record_in(meta: dict[str, Any], name: ImageName) -> Record | None:
    """Return the record of a picture that a meta tells whole, or None."""
    saved = {"name": str(name), "outcome": Outcome.SAVED.word, "withdrawn": False}
    return record_of({"url": str(name), **_own(meta), **saved})


def sha256_in(meta: dict[str, Any]) -> str:
    """Return the checksum of the picture that a meta tells of, or an empty text."""
    return str(_own(meta).get("sha256", ""))


def contradiction(meta: dict[str, Any] | None, record: Record, file: str) -> str:
    """Return what a meta tells that is not so, or an empty text."""
    if meta is None:
        return "it has no meta that can be read"
    if meta.get("dataset_files") != [file]:
        return f"its file is called {meta.get('dataset_files')}"
    own = _own(meta)
    wanted = {
        "wnid": record.name.wnid,
        "number": record.name.number,
        "sha256": record.sha256,
        **({"url": record.url} if record.has_url else {}),
    }
    for key, value in wanted.items():
        if own.get(key, "") != value:
            return f"its {key} is {own.get(key, '')}"
    tags = _tags(meta)
    lacking = [tag for tag in _tags_of(record) if tag not in tags]
    return f"its tags lack {', '.join(lacking)}" if lacking else ""


def _tags_of(record: Record) -> list[str]:
    """Return the tags by which programs find a picture."""
    tags = ["imagenet", record.name.wnid, str(record.name.number)]
    if record.has_url:
        tags.append(_url_tag(record.url))
    return [*tags, "dataset", "image", record.image_format]


def _url_tag(url: str) -> str:
    return readable(url).replace(",", "%2C")  # CK splits tags at commas


def _own(meta: dict[str, Any]) -> dict[str, Any]:
    own = meta.get("imagenet")
    return own if isinstance(own, dict) else {}


def _tags(meta: dict[str, Any]) -> list[str]:
    tags = meta.get("tags")
    return [str(tag) for tag in tags] if isinstance(tags, list) else []


# Pictures that are here and in no journal: of a killed run, of old scripts, made by hand.

ASIDE = "no-pictures"
"""The folder, in a synset's state, of files that are called pictures and are none."""


def recover(
    store: SynsetStore,
    journal: Journal,
    named: Mapping[int, str],
    true: Mapping[int, str],
    lost: Collection[int],
) -> list[Path]:
    """Give every picture that is here its line in the journal: of its URL, if that is known.

    What is kept with a picture itself is believed where it tells of these very bytes.

    Parameters
    ----------
    store, journal : SynsetStore, Journal
        What is here, and what is known of it.
    named : mapping of int to str
        The URLs of the numbers here.
    true : mapping of int to str
        The URLs of ImageNet's own numbers: they count more, and tell those of pictures from tars.
    lost : collection of int
        The pictures that are to be described anew.

    Returns
    -------
    list of Path
        The files that were no pictures, at the place where they were put aside.
    """
    tied = journal.tie(true)
    changed = {*lost, *(record.name.number for record in tied)}
    known = journal.saved()
    urls = {record.url for record in known.values()}
    aside = []
    for number, path in sorted(store.pictures().items()):
        if number in known and number not in changed:
            continue
        try:
            packed = decoding.read_file(path)
            data = unpacked(packed)
            picture = judging.judge(data)
        except Failed:
            aside.append(put_aside(store, path))
            continue
        if data is not packed:  # as old scripts left what a host had packed
            write_whole(path, data)
        if number in known:
            store.describe(known[number], path.name)
            continue
        name = ImageName(store.wnid, number)
        record = saved(name, str(name), data, picture, "found here", "")
        told = store.record_of(number, record.sha256)
        if told:
            record = _recovered(record, told, true)
        else:
            url = store.url_of(number) or true.get(number) or named.get(number)
            record = record._replace(url=url or record.url)
        if record.url not in urls:
            urls.add(record.url)
            if store.contradiction(record, path):
                store.describe(record, path.name)
            journal.append(record)
    for record in tied:  # at last, so that a run that is killed here does it again
        journal.append(record._replace(time=now()))
    store.settle()
    return aside


def _recovered(found: Record, told: Record, true: Mapping[int, str]) -> Record:
    """Return what a killed run had no time to write down: where a picture here comes from."""
    name = parse_image_name(told.url)
    return found._replace(
        url=true.get(name.number, told.url) if name else told.url,
        time=told.time or found.time,
        source=told.source or found.source,
        final_url=told.final_url,
        captured=told.captured,
        altered=told.altered,
    )


def put_aside(store: SynsetStore, path: Path) -> Path:
    """Move a file that is not what it should be into the synset's state; return where it is."""
    folder = store.state / ASIDE
    folder.mkdir(exist_ok=True)
    return path.replace(folder / path.name)
