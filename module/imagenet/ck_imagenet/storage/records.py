"""Records tell what became of a link, also as CK's metas hold them; findings what is wrong."""

from __future__ import annotations

import hashlib
import json
import time
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..catalogue import synsets
from ..core.errors import StoreError
from ..core.outcomes import Outcome
from ..core.text import ImageName, parse_image_name, readable
from ..core.url_lists import is_url
from ..images.formats import LATER_TAG, format_tags

if TYPE_CHECKING:
    from ..images.judging import Picture

FORMAT = 1
"""Of everything that is kept: a newer one is refused, an older one always read."""

UPGRADE = "pip install --upgrade ck-imagenet"
"""What a user types who has no CK; `Workspace.spelt` says it for CK."""


class Record(NamedTuple):
    """What became of one URL; fields below `wayback` are known of a saved picture, but as told."""

    name: ImageName
    url: str
    """As the list holds it: the key. Of a picture whose URL nobody knows, ImageNet's own name."""
    outcome: Outcome
    time: str
    """UTC, ISO 8601, to the second."""
    detail: str = ""
    source: str = ""
    """Where the list came from, or that the picture came from the Wayback Machine."""
    wayback: str = ""
    """What the Wayback Machine said, if it was asked and has no picture."""
    final_url: str = ""
    captured: str = ""
    """When the Wayback Machine took what it gave, if it comes from there."""
    sha256: str = ""
    bytes: int = 0
    width: int = 0
    height: int = 0
    image_format: str = ""
    altered: bool = False
    """Whether it comes from a host that is known to give altered copies."""
    withdrawn: bool = False
    """Whether the picture has been taken out since, and is to be asked for again."""

    @property
    def is_kept(self) -> bool:
        """Whether it tells of a picture that is to be here."""
        return self.outcome is Outcome.SAVED and not self.withdrawn

    @property
    def has_answered(self) -> bool:
        """Whether the URL has been asked, and so is known to give its picture or not to."""
        if self.outcome is Outcome.SAVED:
            return bool(self.final_url)  # else it came from a copy
        return self.outcome is not Outcome.PRIVATE_ADDRESS

    @property
    def has_url(self) -> bool:
        """Whether the picture's URL is known, not its name alone."""
        return parse_image_name(self.url) is None

    def facts(self) -> dict[str, Any]:
        """Return what is known, without what is empty, as journal and meta hold it."""
        known: dict[str, Any] = {key: value for key, value in self._asdict().items() if value}
        return {**known, "name": str(self.name), "outcome": self.outcome.word}

    def line(self) -> str:
        """Return what is known as JSON in one line, without its end."""
        return _line(self)


@lru_cache(maxsize=128)  # a picture's is written ahead of it, and into the journal a moment later
def _line(record: Record) -> str:
    return json.dumps(record.facts())


def saved(
    name: ImageName,
    url: str,
    data: bytes,
    picture: Picture,
    source: str,
    final_url: str,
    captured: str = "",
    altered: bool = False,
) -> Record:
    """Return the record of a picture that is being saved, or was found here.

    Parameters
    ----------
    name, url : ImageName, str
        What the picture is called, and the URL as the list has it.
    data, picture : bytes, Picture
        Its file, and what judging has found out about it.
    source : str
        Where the list came from.
    final_url : str
        Where the bytes came from in the end; empty if nobody was asked.
    captured : str, optional
        When the Wayback Machine took it, if it comes from there.
    altered : bool, optional
        Whether it comes from a host that is known to give altered copies.
    """
    return Record(
        name,
        url,
        Outcome.SAVED,
        now(),
        source=source,
        final_url=final_url,
        captured=captured,
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
        width=picture.width,
        height=picture.height,
        image_format=picture.format.tag,
        altered=altered,
    )


_TYPES: dict[str, type] = {
    "url": str,
    "time": str,
    **{field: type(default) for field, default in Record._field_defaults.items()},
}


def record_of(facts: dict[str, Any]) -> Record | None:
    """Return the record that a line or a meta tells; None for one that this version cannot use."""
    name = parse_image_name(str(facts.get("name", "")))
    known: dict[str, Any] = {
        key: value for key, value in facts.items() if isinstance(value, _TYPES.get(key, ()))
    }
    try:
        known.update(name=name, outcome=Outcome.named(facts["outcome"]))
        return Record(**known) if name else None
    except (KeyError, TypeError):
        return None


def now() -> str:
    """Return the time as records hold it: UTC, ISO 8601, to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def refuse_newer(found: Any, where: Path) -> None:
    """Refuse what a newer version has written in a format that this one cannot read.

    Parameters
    ----------
    found : object
        What a file says of its format; anything.
    where : Path
        The file.

    Raises
    ------
    StoreError
        If the format is newer.
    """
    if isinstance(found, int) and found > FORMAT:
        raise StoreError(
            f"{where} was written by a newer ck-imagenet: it has format {found}, and this version "
            f"reads format {FORMAT}. Upgrade with: {UPGRADE}"
        )


# The meta of a picture's entry in CK: for this program, and for all others that use CK.


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
    # A picture of a copy is known by ImageNet's name, which its number here tells as a rule.
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
    ours.update(format_tags(str(own.get("image_format"))))
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


def contradiction(meta: dict[str, Any] | None, record: Record, file: str, strictly: bool) -> str:
    """Return what a meta tells that is not so, or an empty text.

    Parameters
    ----------
    meta : dict or None
        The entry's meta; None if it cannot be read.
    record : Record
        What the journal says of the picture.
    file : str
        What the picture's file is called.
    strictly : bool
        Whether it is to have also what earlier versions did not write.
    """
    if meta is None:
        return "its meta cannot be read"
    if meta.get("dataset_files") != [file]:
        return f"its meta names the file {meta.get('dataset_files')}"
    own = _own(meta)
    wanted = {
        "wnid": record.name.wnid,
        "number": record.name.number,
        "sha256": record.sha256,
        **({"url": record.url} if record.has_url else {}),
    }
    for key, value in wanted.items():
        if own.get(key, "") != value:
            return f"its meta has the {key} {own.get(key, '')}"
    tags = _tags(meta)
    lacking = [tag for tag in _tags_of(record) if tag not in tags]
    is_so = not lacking or (lacking == [LATER_TAG] and not strictly)
    return "" if is_so else f"these tags are missing: {', '.join(lacking)}"


def _tags_of(record: Record) -> list[str]:
    """Return the tags by which programs find a picture."""
    tags = ["imagenet", record.name.wnid, str(record.name.number)]
    if record.has_url:
        tags.append(_url_tag(record.url))
    return [*tags, "dataset", "image", *format_tags(record.image_format)]


def _url_tag(url: str) -> str:
    return readable(url).replace(",", "%2C")  # CK splits tags at commas


def _own(meta: dict[str, Any]) -> dict[str, Any]:
    own = meta.get("imagenet")
    return own if isinstance(own, dict) else {}


def _tags(meta: dict[str, Any]) -> list[str]:
    tags = meta.get("tags")
    return [str(tag) for tag in tags] if isinstance(tags, list) else []


# Findings: what a check can find that is not as it should be.


class FindingKind(Enum):
    """What is not as it should be.

    Attributes
    ----------
    word : str
        What users see.
    meaning : str
        The same in a sentence.
    remedy : str
        What `--repair` does about it.
    """

    MISSING = (
        "missing",
        "the picture was saved, but its file is missing",
        "the next download asks for it again",
    )
    CHANGED = (
        "changed",
        "the file has changed since it was saved",
        "it is set aside, and the next download asks for it again",
    )
    BROKEN = (
        "broken",
        "the picture cannot be decoded, although its file is unchanged",
        "it is set aside, and its link is recorded as broken",
    )
    UNSEEN = (
        "unseen",
        "the journal does not list this picture",
        "it is added to the journal",
    )
    NO_PICTURE = (
        "no-picture",
        "the file is not a picture, in spite of its name",
        "it is set aside",
    )
    MISDESCRIBED = (
        "misdescribed",
        "the CK entry contradicts the journal",
        "its meta is written again",
    )
    EMPTY = ("empty-entry", "the CK entry has no picture", "it is removed")
    GARBLED = (
        "garbled",
        "some lines of the journal cannot be read",
        "they are removed; their pictures are added again, or asked for again",
    )
    STRAY = ("stray", "the file belongs to no picture", "it is set aside")
    LEFTOVER = ("leftover", "a killed run left this file unfinished", "it is removed")
    DANGLING = ("dangling", "the CK alias leads to no entry", "it is removed")
    HIDDEN = (
        "hidden",
        "CK cannot find this entry by its name and its UID, or cannot load it",
        "its missing parts are added",
    )
    MISPLACED = (
        "misplaced",
        "CK does not look for the entry in this folder, since you changed `split_dirs`",
        "it is moved to where CK looks",
    )
    UNREGISTERED = (
        "unregistered",
        "the folder has pictures, but CK does not know it as a repository",
        "CK knows it again; to remove it, type: ck-imagenet clean --wnid=W --all",
    )
    NO_FOLDER = (
        "no-folder",
        "CK knows this repository, but its folder is missing",
        "CK forgets it",
    )

    def __init__(self, word: str, meaning: str, remedy: str) -> None:
        self.word = word
        self.meaning = meaning
        self.remedy = remedy


class Finding(NamedTuple):
    """One thing that a check has found: what it is, where, and what exactly."""

    kind: FindingKind
    where: ImageName | Path
    """A picture, or a file or a folder."""
    detail: str = ""
