"""A Python program imports `ck_imagenet` and calls it: values come back, and nothing is printed."""

from __future__ import annotations

import doctest
import inspect
import io
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import ck_imagenet
import pytest
import write_docs
from ck_imagenet.core.actions import ACTIONS
from ck_imagenet.core.options import field_name, kinds
from ck_imagenet_practice import PracticeWeb
from terminal import WNID

GOLDFISH = "n01443537"
FUNCTIONS = {call.function: action for action, call in write_docs.FRONT_DOOR.items()}
NOTHING: Any = None
SHARES: Any = (0.8, 0.2)
EXCEPTIONS = ["BadInput", "Damaged", "NetworkDown", "NoList", "NoCopy", "StoreError"]
EXCEPTIONS += ["TooLittleMemory", "TooManyFiles"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, web: PracticeWeb, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be in an empty folder, where the practice web is the internet, with a list of three links."""
    kinds = {1: "good", 2: "good", 3: "gone"}
    web.set_links(WNID, [web.link(WNID, number, kind) for number, kind in kinds.items()])
    for name, value in web.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def python(code: str) -> str:
    """Return what a Python of its own prints."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys; sys.path.insert(0, {str(write_docs.MODULE)!r})\n{code}",
        ],
        capture_output=True,
        encoding="utf-8",
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_two_lines_are_a_whole_program(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    done = ck_imagenet.download(WNID, to="pictures")
    exported = ck_imagenet.export("pictures", to="tench")
    assert capfd.readouterr() == ("", "")
    assert (done.folder, done.here, done.saved) == (Path("pictures"), 2, 2)
    assert done.failed == {ck_imagenet.Outcome.GONE: 1}
    assert str(done) == "2 pictures of 1 synset in pictures, 2 saved now"
    assert str(exported) == f"2 pictures of 1 synset are in {folder / 'tench'}"
    names = [f"{WNID}_1.jpg", f"{WNID}_2.jpg"]
    assert sorted(path.name for path in (folder / "pictures" / WNID).glob("*.jpg")) == names
    assert sorted(path.name for path in (folder / "tench" / WNID).iterdir()) == names


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_example_of_each_function_is_true(function: str) -> None:
    """Where a function asks what is here, somebody has called `download` before."""
    if function != "download":
        ck_imagenet.download(WNID)
    given: dict[str, Any] = {"ck_imagenet": ck_imagenet}
    documented = getattr(ck_imagenet, function)
    [examples] = doctest.DocTestFinder().find(documented, function, globs=given)
    assert examples.examples
    said = io.StringIO()
    doctest.DocTestRunner().run(examples, out=said.write)
    assert said.getvalue() == ""


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_arguments_of_each_function_are_the_options_of_its_action(function: str) -> None:
    action = FUNCTIONS[function]
    call = write_docs.FRONT_DOOR[action]
    options = {field_name(name): told for name, told in kinds(ACTIONS[action]).items()}
    options.update({told[0].older: told for told in list(options.values()) if told[0].older})
    folders = {"folder", "to"} & set(call.first) - options.keys()
    found = inspect.signature(getattr(ck_imagenet, function)).parameters
    assert set(found) == options.keys() - {"outdir", *call.left_out} | folders
    for name, parameter in found.items():
        if name in folders:
            assert parameter.default == "imagenet"
        elif (function, name) == ("export", "to"):
            assert parameter.default is parameter.empty
        elif options[name][0].is_setting:
            assert parameter.default is None
        elif name == "patience":
            assert parameter.default == str(options[name][1])
        elif parameter.default:
            assert parameter.default == options[name][1]
        else:
            assert not options[name][1]
    first, *others = found.values()
    assert first.kind is first.POSITIONAL_OR_KEYWORD
    assert {other.kind for other in others} == {first.KEYWORD_ONLY}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_function_documents_what_it_takes_returns_and_raises(function: str) -> None:
    documented = getattr(ck_imagenet, function)
    text = inspect.getdoc(documented) or ""
    sections = [
        "Parameters\n----------",
        "Returns\n-------",
        "Raises\n------",
        "Examples\n--------",
    ]
    assert [text.count(section) for section in sections] == [1, 1, 1, 1]
    for name in inspect.signature(documented).parameters:
        assert f"\n{name} : " in text


def test_an_import_reads_nothing_that_it_does_not_need() -> None:
    said = python(
        "import ck_imagenet\n"
        "print(sorted(name for name in sys.modules if name.startswith('ck')))\n"
        "print('dataclasses' in sys.modules, 'rich' in sys.modules)"
    )
    assert said == "['ck_imagenet', 'ck_imagenet.core', 'ck_imagenet.core.errors']\nFalse False\n"


def test_all_of_it_works_without_collective_knowledge(folder: Path) -> None:
    said = python(
        "sys.modules['ck'] = None\n"
        "import ck_imagenet\n"
        f"print(ck_imagenet.download({WNID!r}).here, ck_imagenet.check().findings)\n"
        "print(ck_imagenet.status().total.here, len(ck_imagenet.browse()))\n"
        "print('rich' in sys.modules)"
    )
    assert said == "2 []\n2 1\nFalse\n"


def test_all_names_are_there() -> None:
    assert set(FUNCTIONS) < set(ck_imagenet.__all__)
    for name in ck_imagenet.__all__:
        assert name in dir(ck_imagenet)
        assert getattr(ck_imagenet, name).__name__ == name
    assert not hasattr(ck_imagenet, "donwload")
    assert (write_docs.MODULE / "ck_imagenet" / "py.typed").is_file()


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_what_goes_wrong_is_of_one_family(name: str) -> None:
    assert issubclass(getattr(ck_imagenet, name), ck_imagenet.ImagenetError)


@pytest.mark.parametrize("wnid", [[WNID, GOLDFISH], (WNID, GOLDFISH), f"{WNID},{GOLDFISH}"])
def test_several_synsets_are_a_list_a_tuple_or_text(web: PracticeWeb, wnid: Any) -> None:
    web.set_links(GOLDFISH, [web.link(GOLDFISH, 7, "good")])
    done = ck_imagenet.download(wnid, to=Path("pictures"))
    assert str(done) == "3 pictures of 2 synsets in pictures, 3 saved now"
    assert {each.name: each.here for each in ck_imagenet.status("pictures").tallies} == {
        WNID: 2,
        GOLDFISH: 1,
    }


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda: ck_imagenet.download("tench"),
            '--wnid="tench" is not a wnid. 1 synset matches:',
        ),
        (lambda: ck_imagenet.download(), "which synset? Write --wnid=n01440764"),
        (lambda: ck_imagenet.download(WNID, jobs=0), "--jobs=0 is too small: the least is 1"),
        (lambda: ck_imagenet.download(all=True), "21,842 synsets: give yes=True, or try it with"),
        (lambda: ck_imagenet.download(urls=Path("no")), 'the list "no" cannot be read: No such'),
        (lambda: ck_imagenet.geturls(), "which synset's URLs? Write --wnid=n01440764"),
        (
            lambda: ck_imagenet.status("nowhere"),
            '--outdir="nowhere" is not a folder: choose another',
        ),
        (
            lambda: ck_imagenet.status(wnid=WNID),
            f"no pictures of {WNID} are here. See which synsets",
        ),
        (
            lambda: ck_imagenet.check("nowhere"),
            '--outdir="nowhere" is not a folder: choose another',
        ),
        (
            lambda: ck_imagenet.browse("nowhere"),
            '--outdir="nowhere" is not a folder: choose another',
        ),
        (
            lambda: ck_imagenet.export("nowhere", to="tench"),
            '--outdir="nowhere" is not a folder: choose another',
        ),
        (lambda: ck_imagenet.download(WNID, to=""), "to='' is not a folder: write for example to="),
        (
            lambda: ck_imagenet.status(NOTHING),
            "folder=None is not a folder: write for example folder=",
        ),
        (lambda: ck_imagenet.export(to=NOTHING), "to which folder? Write --to=DIR"),
        (lambda: ck_imagenet.export(to="tench", split=SHARES), "--split=(0.8, 0.2) is not a text"),
        (lambda: ck_imagenet.clean(), "which synset? Write --wnid=n01440764"),
        (lambda: ck_imagenet.browse(), "Begin with: ck-imagenet download --wnid=n01440764"),
        (lambda: ck_imagenet.export(to="tench"), "no pictures of these synsets are here"),
        (lambda: ck_imagenet.synsets(downloaded_only=True, folder="x"), '"x" is not a folder'),
        (lambda: ck_imagenet.synsets(under="n99999999"), "--under=n99999999: ImageNet has no such"),
    ],
)
def test_what_cannot_be_is_refused_when_it_is_called(
    folder: Path, call: Any, sentence: str
) -> None:
    with pytest.raises(ck_imagenet.BadInput) as refused:
        call()
    assert sentence in str(refused.value)
    assert list(folder.glob("**/*.jpg")) == []


def test_a_synset_without_a_list_is_an_error_when_the_others_are_done(folder: Path) -> None:
    with pytest.raises(ck_imagenet.NoList, match=f"no list of URLs for {GOLDFISH}"):
        ck_imagenet.download([GOLDFISH, WNID])
    assert len(list((folder / "imagenet" / WNID).glob("*.jpg"))) == 2
    chosen = ck_imagenet.download(under="n01439121")
    assert str(chosen) == "2 pictures of 1 synset in imagenet, 0 saved now"


def test_settings_of_the_environment_hold_unless_an_argument_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, web: PracticeWeb
) -> None:
    monkeypatch.setenv("CK_IMAGENET_SERVICE", "nowhere")
    with pytest.raises(ck_imagenet.BadInput, match='"nowhere" is not a URL'):
        ck_imagenet.geturls(WNID)
    assert len(ck_imagenet.geturls(WNID, service=web.service)) == 3


def test_a_dry_run_tells_what_it_takes_and_does_nothing(folder: Path) -> None:
    done = ck_imagenet.download(WNID, dry_run=True)
    assert done.estimate is not None
    assert (done.here, done.estimate.synsets, done.estimate.urls) == (0, 1, 3)
    assert str(done) == "3 URLs of 1 synset to ask for, some 2 pictures"
    assert list(folder.glob("**/*.jpg")) == []


def test_status_tells_of_hosts_and_of_failures_too() -> None:
    ck_imagenet.download(WNID)
    by_host = ck_imagenet.status(hosts=True)
    assert (by_host.total.here, by_host.total.known) == (2, 3)
    failures = ck_imagenet.status(failures=True)
    [failed] = failures.failures
    assert str(failures) == "1 link gave no picture"
    assert (str(failed.name), failed.outcome) == (f"{WNID}_3", ck_imagenet.Outcome.GONE)
    with pytest.raises(ck_imagenet.BadInput, match="--hosts and --failures cannot be used"):
        ck_imagenet.status(hosts=True, failures=True)


def test_a_check_returns_what_it_finds_and_mends_it_if_asked(folder: Path) -> None:
    ck_imagenet.download(WNID)
    (folder / "imagenet" / WNID / f"{WNID}_1.jpg").write_bytes(b"changed")
    checked = ck_imagenet.check()
    assert str(checked) == "2 pictures checked: 1 finding"
    assert [told.finding.kind.word for told in checked.findings] == ["changed"]
    assert [told.mended for told in ck_imagenet.check(repair=True).findings] == [True]
    assert ck_imagenet.download(WNID).saved == 1
    assert ck_imagenet.check().findings == []


def test_synsets_are_chosen_alike_wherever_they_are(folder: Path, web: PracticeWeb) -> None:
    web.set_links(GOLDFISH, [web.link(GOLDFISH, 1, "good")])
    ck_imagenet.download([WNID, GOLDFISH])
    assert {link.name.wnid for link in ck_imagenet.geturls(under=[WNID])} == {WNID}
    for chosen in ({"set": "imagenette"}, {"under": [WNID]}, {"search": "tinca"}):
        said: Any = chosen
        assert [tally.name for tally in ck_imagenet.status(**said).tallies] == [WNID]
        assert ck_imagenet.check(**said).pictures == 2
        assert [plan.wnid for plan in ck_imagenet.clean(**said, dry_run=True)] == [WNID]
        [page] = ck_imagenet.browse(**said, save="some.html")
        assert (page.wnid, GOLDFISH in page.page.read_text("utf-8")) == ("", False)
        assert ck_imagenet.export(to="out", **said).pictures == 2
        shutil.rmtree(folder / "out")
    assert ck_imagenet.check(under=[WNID, GOLDFISH]).pictures == 3
    for function in (ck_imagenet.check, ck_imagenet.clean, ck_imagenet.browse):
        with pytest.raises(ck_imagenet.BadInput, match="no pictures of these synsets are here"):
            function(set="imagewoof")


def test_a_dry_run_of_clean_removes_nothing(folder: Path) -> None:
    ck_imagenet.download(WNID)
    [plan] = ck_imagenet.clean(wnid=WNID, all=True, dry_run=True)
    assert (plan.done, len(plan.pictures)) == (False, 2)
    assert str(plan) == f"{WNID}: 2 pictures and all else to go"
    [plan] = ck_imagenet.clean(wnid=WNID, number=1, dry_run=True)
    assert str(plan) == f"{WNID}: 1 picture to go, 0 links to be asked for again"
    [plan] = ck_imagenet.clean(wnid=WNID, failed=True, dry_run=True)
    assert str(plan) == f"{WNID}: 0 pictures to go, 1 link to be asked for again"
    [plan] = ck_imagenet.clean(wnid=WNID, all=True)
    assert (plan.done, (folder / "imagenet" / WNID).exists()) == (True, False)


def test_what_is_here_chooses_among_synsets() -> None:
    assert ck_imagenet.synsets(downloaded_only=True) == []
    ck_imagenet.download(WNID)
    [tench] = ck_imagenet.synsets(downloaded_only=True)
    assert (tench.wnid, tench.words, tench.ilsvrc2012) == (WNID, ("tench", "Tinca tinca"), 0)


def test_a_folder_may_move_between_two_calls(folder: Path) -> None:
    ck_imagenet.download(WNID, to=folder / "here")
    shutil.move(folder / "here", folder / "there")
    assert ck_imagenet.download(WNID, to=folder / "there").saved == 0
    assert ck_imagenet.status(folder / "there").total.here == 2
