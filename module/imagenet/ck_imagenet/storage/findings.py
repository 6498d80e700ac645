"""Findings: what a check can find that is not as it should be."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import NamedTuple

from ..core.text import ImageName


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
        "the picture was saved, and its file is not here",
        "the next download asks for it again",
    )
    CHANGED = (
        "changed",
        "the file does not hold the bytes that were saved",
        "it is put aside, and the next download asks for it again",
    )
    BROKEN = (
        "broken",
        "the bytes that were saved cannot be decoded",
        "it is put aside, and its link is recorded as broken",
    )
    UNSEEN = (
        "unseen",
        "the picture is here, and the journal does not know it",
        "it is taken up",
    )
    NO_PICTURE = (
        "no-picture",
        "a file that is called a picture and is none",
        "it is put aside",
    )
    MISDESCRIBED = (
        "misdescribed",
        "the CK entry does not tell what the journal does",
        "its meta is written anew",
    )
    EMPTY = ("empty-entry", "a CK entry without a picture", "it is removed")
    GARBLED = (
        "garbled",
        "lines of the journal that cannot be read",
        "they are removed, and what they told of is taken up or asked for again",
    )
    STRAY = ("stray", "a file that belongs to no picture", "it is put aside")
    LEFTOVER = ("leftover", "left unfinished by a run that was killed", "it is removed")
    DANGLING = ("dangling", "an alias in CK that leads to no entry", "it is removed")
    HIDDEN = (
        "hidden",
        "an entry that CK does not find by its name or by its UID, or cannot load",
        "it gets what it lacks",
    )
    MISPLACED = (
        "misplaced",
        "an entry in a folder where CK does not look, since you have changed its `split_dirs`",
        "it is moved to where CK looks",
    )
    UNREGISTERED = (
        "unregistered",
        "a folder with pictures or their state, and no repository for CK",
        "CK knows it again; to remove it, type ck-imagenet clean --wnid=W --all",
    )
    NO_FOLDER = (
        "no-folder",
        "a repository that CK knows, and its folder is not here",
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
