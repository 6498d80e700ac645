"""An export in the words of Croissant, MLCommons' standard for data sets: `croissant.json`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Mapping, Sequence

from PIL import Image

from .. import PROJECT, __version__
from ..core.files import checksum, to_json
from .cards import CITATION, summary, title
from .layouts import Contents, Job
from .samples import ImageClass, moment

_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{
        name: f"cr:{name}"
        for name in (
            *("citeAs", "column", "equivalentProperty", "extract", "field", "fileObject"),
            *("fileProperty", "fileSet", "format", "includes", "isLiveDataset", "jsonPath", "key"),
            *("md5", "parentField", "path", "recordSet", "references", "regex", "repeated"),
            *("replace", "samplingRate", "separator", "source", "subField", "transform"),
        )
    },
}
"""The names of Croissant 1.0, as its specification gives them."""

_MEDIA_TYPES = {
    ".csv": "text/csv",
    ".parquet": "application/x-parquet",
    ".tar": "application/x-tar",
    ".txt": "text/plain",
}

_DATA_TYPES: dict[Any, str] = {
    str: "sc:Text",
    int: "sc:Integer",
    bool: "sc:Boolean",
    datetime: "sc:DateTime",
    ImageClass: "sc:Integer",
    Image.Image: "sc:ImageObject",
}

_TABLE_FILES, _PICTURE_FILES = "tables", "picture-files"
"""What the sets of files are called."""


def described(job: Job, contents: Contents, count: int) -> bytes:
    """Return the text of a description; files whose checksums nobody knows yet are read.

    Parameters
    ----------
    job : Job
        What was to be written.
    contents : Contents
        What readers find.
    count : int
        How many rows they are.
    """
    paths = ["classes.txt", *contents.tables, *contents.shards]
    objects = [_file_object(job.root, path, contents.checksums) for path in paths]
    return to_json(
        {
            "@context": _CONTEXT,
            "@type": "sc:Dataset",
            "conformsTo": "http://mlcommons.org/croissant/1.0",
            "name": title(job),
            "description": summary(job, contents, count),
            "url": PROJECT,
            "license": "https://image-net.org/download",
            "citeAs": CITATION,
            "version": "1.0.0",
            "creator": {"@type": "sc:Organization", "name": f"ck-imagenet {__version__}"},
            **_published(job),
            "distribution": [*objects, *_file_sets(contents)],
            "recordSet": [_classes(job.classes), _rows(contents)],
        }
    )


def _published(job: Job) -> dict[str, str]:
    """Return the day on which the last of the pictures was found."""
    times = (moment(sample.record.time) for sample in job.samples if sample.record)
    latest = max(filter(None, times), default="")
    return {"datePublished": latest[:10]} if latest else {}


def _file_object(root: Path, path: str, checksums: Mapping[str, str]) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": path,
        "name": path,
        "contentUrl": path,
        "contentSize": f"{(root / path).stat().st_size} B",
        "encodingFormat": _MEDIA_TYPES[Path(path).suffix],
        "sha256": checksums.get(path) or checksum(root / path),
    }


def _file_sets(contents: Contents) -> list[dict[str, Any]]:
    """Return the sets of files: tables, and the pictures beside them or in the shards."""
    file_set: dict[str, Any] = {"@type": "cr:FileSet", "@id": _TABLE_FILES, "name": _TABLE_FILES}
    tables = contents.tables or contents.shards
    sets = (
        [
            {
                **file_set,
                "encodingFormat": _MEDIA_TYPES[Path(tables[0]).suffix],
                "includes": list(tables),
            }
        ]
        if tables
        else []
    )
    if contents.pictures:
        within = [{"@id": path} for path in contents.shards]
        sets.append(
            {
                **file_set,
                "@id": _PICTURE_FILES,
                "name": _PICTURE_FILES,
                **({"containedIn": within} if within else {}),
                "encodingFormat": ["image/jpeg", "image/png"],
                "includes": list(contents.pictures),
            }
        )
    return sets


def _classes(classes: Sequence[ImageClass]) -> dict[str, Any]:
    """Return the set of records of the classes, which stand in the description itself."""
    kinds = {"label": int, "wnid": str, "words": str}
    return {
        "@type": "cr:RecordSet",
        "@id": "classes",
        "name": "classes",
        "key": {"@id": "classes/label"},
        "field": [_field("classes", name, kind) for name, kind in kinds.items()],
        "data": [
            {
                "classes/label": each.label,
                "classes/wnid": each.wnid,
                "classes/words": ", ".join(each.words) or each.wnid,
            }
            for each in classes
        ],
    }


def _rows(contents: Contents) -> dict[str, Any]:
    """Return the set of records of the pictures, or of links."""
    fields = []
    for name, kind in contents.records.items():
        field = _field(contents.of, name, kind)
        column = {"fileSet": {"@id": _TABLE_FILES}, "extract": {"column": name}}
        if kind is Image.Image and contents.pictures:
            content = {"fileProperty": "content"}
            field["source"] = {"fileSet": {"@id": _PICTURE_FILES}, "extract": content}
        elif kind is Image.Image:
            field["source"] = {**column, "transform": {"jsonPath": "bytes"}}
        elif name == "name" and contents.pictures:
            field["source"] = {
                "fileSet": {"@id": _PICTURE_FILES},
                "extract": {"fileProperty": "filename"},
                "transform": {"regex": "^([^.]+)"},  # which the table's names match too
            }
            field["references"] = column
        else:
            field["source"] = column
        fields.append(field)
    return {"@type": "cr:RecordSet", "@id": contents.of, "name": contents.of, "field": fields}


def _field(record_set: str, name: str, kind: Any) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"{record_set}/{name}",
        "name": name,
        "dataType": _DATA_TYPES[kind],
    }
