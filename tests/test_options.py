"""Options: what a user may type, and what is said of anything else."""

from __future__ import annotations

import copy
import json
import math
from dataclasses import fields
from typing import Any

import pytest
from ck_imagenet.catalogue.selection import Selection
from ck_imagenet.core.actions import (
    ACTIONS,
    SERVICE,
    CleanOptions,
    DownloadOptions,
    GeturlsOptions,
    ListOptions,
)
from ck_imagenet.core.errors import BadInput
from ck_imagenet.core.options import concern, kinds, parse, typed
from ck_imagenet.engine.context import Crawl, Politeness, Wayback
from ck_imagenet.http.client import Network
from ck_imagenet.sources.registry import Lists
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of whoever runs the tests out of them."""
    monkeypatch.delenv("CK_IMAGENET_SERVICE", raising=False)
    monkeypatch.delenv("CK_IMAGENET_ALLOW_PRIVATE", raising=False)


def download(**given: Any) -> DownloadOptions:
    return parse(DownloadOptions, given, {})


def refusal(action: type, **given: Any) -> str:
    with pytest.raises(BadInput) as refused:
        parse(action, given, {})
    return str(refused.value)


def test_without_options_the_defaults_hold() -> None:
    assert parse(ListOptions, {}, {}) == ListOptions()
    assert download() == DownloadOptions()
    assert (DownloadOptions().jobs, DownloadOptions().service) == (32, SERVICE)


@pytest.mark.parametrize("action", ACTIONS.values())
def test_every_default_is_a_value_that_its_option_takes(action: type) -> None:
    for name, (kind, default) in kinds(action).items():
        if default not in (None, "", ()):
            assert kind.parse(name, default) == default


@pytest.mark.parametrize("action", ACTIONS.values())
def test_every_option_has_help_that_needs_no_full_stop(action: type) -> None:
    assert action.__doc__
    for kind, _ in kinds(action).values():
        assert kind.help
        assert not kind.help.endswith(".")


def test_a_dash_and_an_underscore_are_the_same() -> None:
    for name in ("max-images", "max_images"):
        assert download(**{name: "3"}).max_images == 3


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"jobs": "10"}, {"jobs": 10}),
        ({"jobs": 10}, {"jobs": 10}),
        ({"retry": "0"}, {"retry": 0}),
        ({"timeout": "2.5"}, {"timeout": 2.5}),
        ({"timeout": 3}, {"timeout": 3.0}),
        ({"sleep": 0}, {"sleep": 0.0}),
        ({"verbose": "yes"}, {"verbose": True}),
        ({"verbose": True}, {"verbose": True}),
        ({"verbose": False}, {"verbose": False}),
        ({"verbose": "no"}, {"verbose": False}),
        ({"verbose": 1}, {"verbose": True}),
        ({"wnid": "n01440764"}, {"wnid": ("n01440764",)}),
        ({"wnid": "n01440764, n02110341,,"}, {"wnid": ("n01440764", "n02110341")}),
        ({"wnid": ["n02110341", "n01440764"]}, {"wnid": ("n02110341", "n01440764")}),
        ({"wnid": "n01440764,n01440764"}, {"wnid": ("n01440764",)}),
        ({"wnid": {"n01440764"}}, {"wnid": ("n01440764",)}),
        ({"wnid": iter(["n02110341", "n01440764"])}, {"wnid": ("n02110341", "n01440764")}),
        ({"wnid": []}, {"wnid": ()}),
        ({"urls": "a list.txt"}, {"urls": "a list.txt"}),
        ({"max_images": None}, {"max_images": None}),
        ({"jobs": None, "wnid": None, "quiet": None}, {}),
    ],
)
def test_text_and_the_types_of_json_are_understood(
    given: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert parse(DownloadOptions, given, {}) == DownloadOptions(**expected)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"jobs": "many"},
            '--jobs="many" is not a whole number: write --jobs=10',
        ),
        ({"jobs": "yes"}, '--jobs="yes" is not a whole number: write --jobs=10'),
        ({"jobs": ""}, '--jobs="" is not a whole number: write --jobs=10'),
        ({"jobs": True}, '--jobs="True" is not a whole number: write --jobs=10'),
        ({"jobs": 2.5}, '--jobs="2.5" is not a whole number: write --jobs=10'),
        ({"jobs": "٣"}, '--jobs="٣" is not a whole number: write --jobs=10'),
        ({"jobs": "0"}, "--jobs=0 is too small: the least is 1"),
        ({"jobs": "1234567"}, "--jobs=1234567 is too large: the most is 1000"),
        ({"retry": "-1"}, "--retry=-1 is too small: the least is 0"),
        ({"offset": "-12345678"}, "--offset=-12345678 is too small: the least is 0"),
        ({"max_images": 0}, "--max-images=0 is too small: the least is 1"),
        (
            {"timeout": "soon"},
            '--timeout="soon" is not a time in seconds: write --timeout=2.5',
        ),
        (
            {"timeout": "nan"},
            '--timeout="nan" is not a time in seconds: write --timeout=2.5',
        ),
        (
            {"timeout": "inf"},
            '--timeout="inf" is not a time in seconds: write --timeout=2.5',
        ),
        (
            {"timeout": []},
            '--timeout="[]" is not a time in seconds: write --timeout=2.5',
        ),
        ({"timeout": "0"}, "--timeout=0 is too small: it must be more than 0"),
        ({"timeout": "1e9"}, "--timeout=1e+09 is too large: the most is 86400"),
        ({"sleep": "-0.5"}, "--sleep=-0.5 is too small: the least is 0"),
        ({"sleep": True}, '--sleep="True" is not a time in seconds: write --sleep=2.5'),
        ({"verbose": "maybe"}, '--verbose takes no value, but was given "maybe"'),
        ({"dry-run": "all"}, '--dry-run takes no value, but was given "all"'),
        ({"urls": "yes"}, "--urls needs a value: write --urls=…"),
        ({"outdir": ""}, "--outdir needs a value: write --outdir=…"),
        ({"outdir": 5}, "--outdir=5 is not a text: write --outdir=…"),
        ({"wnid": "yes"}, "--wnid needs a value: write --wnid=…"),
        ({"wnid": 1440764}, "--wnid=1440764 is not a text: write --wnid=…"),
        ({"wnid": [None]}, "--wnid=None is not a text: write --wnid=…"),
        ({"wnid": b"n01440764"}, "--wnid=b'n01440764' is not a text: write --wnid=…"),
    ],
)
def test_a_wrong_value_gives_one_sentence_that_names_the_option(
    given: dict[str, Any], sentence: str
) -> None:
    assert refusal(DownloadOptions, **given) == sentence


@pytest.mark.parametrize(
    ("given", "seconds", "typed_again"),
    [
        ("90", 90.0, "90s"),
        (90, 90.0, "90s"),
        (2.5, 2.5, "2.5s"),
        ("90s", 90.0, "90s"),
        ("20m", 1200.0, "20m"),
        ("1.5h", 5400.0, "90m"),
        ("60m", 3600.0, "1h"),
        (" 8H ", 28800.0, "8h"),
        ("48h", 172800.0, "2d"),
        ("0", 0.0, "0s"),
        ("0.05", 0.05, "0.05s"),
        ("forever", math.inf, "forever"),
        ("Forever", math.inf, "forever"),
        (math.inf, math.inf, "forever"),
        ("999999999999d", math.inf, "forever"),
    ],
)
def test_a_length_of_time_is_understood_and_can_be_typed_again(
    given: Any, seconds: float, typed_again: str
) -> None:
    options = download(patience=given)
    assert options.patience == seconds
    assert typed(options) == f"--patience={typed_again}"
    assert download(patience=typed_again) == options


def test_a_length_of_time_goes_to_other_processes_as_it_is() -> None:
    patience = download(patience="8h").patience
    assert json.loads(json.dumps(patience)) == 28800.0
    assert typed(copy.deepcopy(download(patience="8h"))) == "--patience=8h"  # as pickle does it
    assert typed(DownloadOptions(patience=28800.0)) == "--patience=28800.0"
    assert download(patience="28800.0") == download(patience="8h")


def test_the_usual_patience_need_not_be_typed() -> None:
    assert download(patience="15m") == download(patience=900) == download()
    assert typed(download(patience="15m")) == ""


@given(
    number=st.integers(0, 10**12 - 1).map(str) | st.decimals(0, 10**6, places=3).map(str),
    unit=st.sampled_from(["", "s", "m", "h", "d"]),
)
def test_whatever_length_of_time_is_given_can_be_typed_again(number: str, unit: str) -> None:
    options = download(patience=number + unit)
    again = typed(options).partition("=")[2]
    assert download(**({"patience": again} if again else {})) == options


@pytest.mark.parametrize(
    "given",
    ["soon", "", "yes", True, "-5", "-5m", "15 m", "m", "1h30m", "nan", "1e3", "٣", "5w", [], "∞"],
)
def test_what_is_no_length_of_time_is_refused_with_some_that_are(given: Any) -> None:
    assert refusal(DownloadOptions, patience=given) == (
        f'--patience="{given}" is not a length of time: write for example --patience=90s, 15m, '
        "8h, 2d or --patience=forever"
    )


@pytest.mark.parametrize("given", ["9981,12,9981", " 9981, 12", ["9981", 12], [9981, 12]])
def test_numbers_of_pictures_are_understood(given: Any) -> None:
    assert parse(CleanOptions, {"number": given}, {}) == CleanOptions(number=(9981, 12))


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("yes", "yes"),
        ("", ""),
        ("1,", ""),
        ("-1", "-1"),
        ("٣", "٣"),
        (True, "True"),
        ("1-3", "1-3"),
    ],
)
def test_what_is_no_number_of_a_picture_is_refused(given: Any, shown: str) -> None:
    said = refusal(CleanOptions, number=given)
    assert said == (f'--number="{shown}" is not a picture number: write --number=9981,12')


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("job", "jobs"),
        ("jops", "jobs"),
        ("max-image", "max-images"),
        ("maximages", "max-images"),
        ("max_imagse", "max-images"),
        ("wnidss", "wnids"),
        ("out-dir", "outdir"),
        ("url", "urls"),
        ("retryfailed", "retry-failed"),
    ],
)
def test_an_unknown_option_is_refused_with_the_nearest_one(written: str, meant: str) -> None:
    said = refusal(DownloadOptions, **{written: "1"})
    assert said == f"--{written} is not an option: did you mean --{meant}?"


@pytest.mark.parametrize("written", ["imagenett", "ImageNette", "image_nette", "imagenettes"])
def test_a_word_that_is_nearly_one_of_those_is_answered_with_it(written: str) -> None:
    assert refusal(ListOptions, set=written) == f'--set="{written}": did you mean --set=imagenette?'


def test_an_option_like_no_other_is_refused_with_all_there_are() -> None:
    assert refusal(GeturlsOptions, xyz="1") == (
        "--xyz is not an option: the options are --wnid, --under, --search, --ilsvrc2012, --set, "
        "--urls, --url-col, --name-col, --mapping, --save, --sources, --source, --refresh, --all,"
        " --archive, --archive-sha1, --force, --search-url, --outdir, --service, "
        "--wayback-service, --winter21, --user-agent, --resolve, --allow-private"
    )


def test_an_unknown_option_is_refused_whatever_its_value() -> None:
    assert refusal(DownloadOptions, job=None).startswith("--job is not an option")


def test_a_setting_is_taken_from_the_option_then_the_environment_then_the_configuration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configured = {"allow_private": "10.0.0.0/8", "jobs": 5, "unknown": 1}
    assert parse(DownloadOptions, {}, {"allow-private": "x"}).allow_private == "x"
    assert parse(DownloadOptions, {}, configured) == DownloadOptions(allow_private="10.0.0.0/8")
    monkeypatch.setenv("CK_IMAGENET_ALLOW_PRIVATE", "127.0.0.1")
    assert parse(DownloadOptions, {}, configured).allow_private == "127.0.0.1"
    given = {"allow-private": "192.168.1.1"}
    assert parse(DownloadOptions, given, configured).allow_private == "192.168.1.1"
    assert parse(DownloadOptions, {"allow-private": ""}, configured).allow_private == ""


def test_an_empty_setting_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CK_IMAGENET_SERVICE", "")
    assert parse(GeturlsOptions, {}, {"service": ""}).service == SERVICE


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
NAMES = st.sampled_from([field.name for field in fields(DownloadOptions)]) | st.text(max_size=12)


@given(name=NAMES, value=ANYTHING | st.integers(10**300, 10**320))
def test_whatever_is_given_is_taken_or_refused_with_the_name_of_the_option(
    name: str, value: object
) -> None:
    try:
        parse(DownloadOptions, {name: value}, {})
    except BadInput as refused:
        typed = name.rstrip("_")
        assert str(refused).startswith((f"--{typed}", f"--{typed.replace('_', '-')}"))


def test_what_a_user_typed_can_be_typed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CK_IMAGENET_SERVICE", "http://here")
    given = {"wnid": "n01440764,unknown", "search": "it's", "jobs": 1, "all": True, "retry": "0"}
    options = parse(DownloadOptions, {**given, "retry-failed": True, "user-agent": "me"}, {})
    assert typed(options) == (
        "--wnid=n01440764,unknown '--search=it'\"'\"'s' --all --jobs=1 --retry=0 "
        "--user-agent=me --retry-failed"
    )


@pytest.mark.parametrize("kind", [Selection, Lists, Network, Politeness, Crawl, Wayback])
def test_what_is_not_given_is_the_same_for_every_concern(kind: type) -> None:
    assert concern(DownloadOptions(), kind) == kind()
