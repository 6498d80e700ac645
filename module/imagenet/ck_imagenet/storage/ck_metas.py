"""The meta of a picture's entry in Collective Knowledge: for us, and for all others that use CK."""

from __future__ import annotations

from typing import Any

from ..catalogue import synsets
from ..core.outcomes import Outcome
from ..core.text import ImageName, readable
from ..core.url_lists import is_url
from .records import FORMAT, Record, record_of


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
    """Return what is a user's own in the meta of a picture's entry.

    Parameters
    ----------
    meta : dict
        The entry's meta.
    name : ImageName
        What the picture is called.
    """
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
    """Return the record of a picture that a meta tells whole, or None.

    Parameters
    ----------
    meta : dict
        The entry's meta; anything may be in it.
    name : ImageName
        What the picture is called.
    """
    saved = {"name": str(name), "outcome": Outcome.SAVED.word, "withdrawn": False}
    return record_of({"url": str(name), **_own(meta), **saved})


def sha256_in(meta: dict[str, Any]) -> str:
    """Return the checksum of the picture that a meta tells of, or an empty text."""
    return str(_own(meta).get("sha256", ""))


def contradiction(meta: dict[str, Any] | None, record: Record, file: str) -> str:
    """Return what a meta tells that is not so, or an empty text.

    Parameters
    ----------
    meta : dict or None
        The entry's meta; None if it cannot be read.
    record : Record
        What the journal says of the picture.
    file : str
        What the picture's file is called.
    """
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
