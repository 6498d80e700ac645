"""What users get who type something wrong: one sentence, and nothing done."""

from __future__ import annotations

from pathlib import Path

import pytest
from ck_imagenet_practice import PracticeWeb
from terminal import WNID, Terminal

DOWNLOAD = ("download", "imagenet")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((*DOWNLOAD, "--job=10"), "--job is not an option: did you mean --jobs?"),
        ((*DOWNLOAD, "--jobs", "10"), '"10" stands alone: write --jobs=10'),
        ((*DOWNLOAD, "--jobs", "10", "--retry", "3"), '"10" stands alone: write --jobs=10'),
        ((*DOWNLOAD, "--jobs"), '--jobs="yes" is not a whole number: write --jobs=10'),
        ((*DOWNLOAD, "--jobs=0"), "--jobs=0 is too small: the least is 1"),
        ((*DOWNLOAD, "--timeout=0"), "--timeout=0 is too small: it must be more than 0"),
        ((*DOWNLOAD, "--timeout=soon"), '--timeout="soon" is not a time in seconds'),
        ((*DOWNLOAD, "--offset=-1"), "--offset=-1 is too small: the least is 0"),
        ((*DOWNLOAD, "--max-images=0"), "--max-images=0 is too small: the least is 1"),
        ((*DOWNLOAD, "--dry-run=maybe"), '--dry-run takes no value, but was given "maybe"'),
        ((*DOWNLOAD, WNID), f'"{WNID}" stands alone: write --wnid={WNID}'),
        (("list", "imagenet", "--search", "x"), '"x" stands alone: write --search=x'),
        (DOWNLOAD, "which synset? Write --wnid=n01440764"),
        ((*DOWNLOAD, "--wnid"), "--wnid needs a value"),
        ((*DOWNLOAD, "--wnid=n0144076"), '"n0144076" is not a wnid.\nA wnid, such as n01440764'),
        ((*DOWNLOAD, "--wnid=n99999999"), "--wnid=n99999999: ImageNet has no such synset"),
        ((*DOWNLOAD, "--wnid=n00001740"), "ck list imagenet --under=n00001740"),
        ((*DOWNLOAD, f"--wnid={WNID}", "--urls=no"), 'the list "no" cannot be read: No such file'),
        ((*DOWNLOAD, f"--wnid={WNID}", "--urls=."), 'the list "." cannot be read: Is a directory'),
        ((*DOWNLOAD, "--urls=empty"), 'the list "empty" has no URL: a line is a URL, or a name'),
        ((*DOWNLOAD, "--urls=text"), 'the list "text" has no URL'),
        ((*DOWNLOAD, "--urls=cut.gz"), 'the list "cut.gz" is damaged or incomplete'),
        ((*DOWNLOAD, "--urls={wnid}.txt"), '"{wnid}.txt" needs a wnid: add --wnid=W'),
        ((*DOWNLOAD, "--urls=other", f"--wnid={WNID}"), f"has no URL of {WNID}; it has n00007846"),
        ((*DOWNLOAD, f"--wnid={WNID}", "--allow-private=a b"), '--allow-private: "a b" is not a'),
        ((*DOWNLOAD, f"--wnid={WNID}", "--service=there"), '"there" is not a '),
        ((*DOWNLOAD, f"--wnid={WNID}", "--wayback-service=there"), '"there" is not a URL such as'),
        (
            (*DOWNLOAD, f"--wnid={WNID}", "--wayback-date=soon"),
            '--wayback-date="soon" is not a date',
        ),
        (
            (*DOWNLOAD, f"--wnid={WNID}", "--wayback-date=soon", "--dry-run"),
            '--wayback-date="soon" is not a date',
        ),
        ((*DOWNLOAD, f"--wnid={WNID}", "--source=here"), "write --source=archive or imagenet or "),
        (
            (*DOWNLOAD, "--urls=text", "--source=imagenet"),
            "--urls and --source cannot be used together",
        ),
        (("geturls", "imagenet"), "which synset's URLs? Write --wnid=n01440764"),
        (("geturls", f"imagenet:{WNID}", "--force"), "write both, or leave --force out"),
        (
            ("geturls", f"imagenet:{WNID}", "--save=no/such/file"),
            '"no/such/file" cannot be written',
        ),
        (("list", "imagenet", "--lower=30000"), "positions go from 0 to 21841"),
        (("list", "imagenet", "--lower=5", "--upper=4"), "no position from --lower=5 to --upper=4"),
        (("list", "imagenet", "--under=n99999999"), "--under=n99999999: ImageNet has no such"),
        ((*DOWNLOAD, "--urls=~nobody-of-this-name/x"), "is not a path"),
        (("list", "imagenet", "x"), '"x" stands alone: write --wnid=x'),
        (("demo", "imagenet", "x"), '"x" stands alone: options are written --name=value'),
        (("demo", "imagenet", "--port=0"), "--port=0 is too small: the least is 1"),
    ],
)
def test_bad_input_is_refused_in_one_sentence_before_anything_is_done(
    terminal: Terminal, web: PracticeWeb, arguments: tuple[str, ...], sentence: str
) -> None:
    (terminal.folder / "empty").write_text("")
    (terminal.folder / "text").write_text("The synset is not ready yet. Please stay tuned!\n")
    (terminal.folder / "cut.gz").write_bytes(b"\x1f\x8b\x08\x00")
    (terminal.folder / "other").write_text("n00007846_1 http://127.0.0.1/1.jpg\n")
    assert sentence in terminal.refuses(*arguments)
    assert not list(terminal.repos.glob("imagenet-*"))


def test_dashes_and_underscores_are_the_same(terminal: Terminal, web: PracticeWeb) -> None:
    web.set_links(WNID, [web.link(WNID, n, "good") for n in range(4)])
    for option in ("--max_images=2", "--max-images=2"):
        done = terminal.json(*DOWNLOAD, f"--wnid={WNID}", option)
        assert done["synsets"][0]["here"] == 2


def test_python_gets_the_result_and_nothing_is_printed(
    terminal: Terminal, web: PracticeWeb
) -> None:
    web.set_links(WNID, [web.link(WNID, 1, "good"), web.link(WNID, 2, "gone")])
    request = {"action": "download", "module_uoa": "imagenet", "wnid": [WNID], "jobs": 2}
    assert terminal.access(request) == {
        "return": 0,
        "synsets": [
            {
                "wnid": WNID,
                "links": 2,
                "here": 1,
                "saved": 1,
                "to_fetch": 2,
                "failed": {"gone": 1},
                "set_aside": [],
                "taken_out": {},
                "renamed": 0,
                "from_wayback": 0,
                "for_wayback": 1,
                "left": {},
                "paces": {},
                "wayback_trouble": "",
            }
        ],
    }
    wrong = terminal.access({**request, "wnid": "tench"})
    assert (wrong["return"], "n01440764" in wrong["error"]) == (2, True)
    urls = terminal.access({"action": "geturls", "module_uoa": "imagenet", "data_uoa": WNID})
    assert [link["name"] for link in urls["lst"]] == [f"{WNID}_1", f"{WNID}_2"]


def test_a_defect_is_reported_in_a_sentence_too(terminal: Terminal) -> None:
    """What is broken here is a file of the library, as after a crash of the file system."""
    terminal.says("cp", "module:imagenet", "local:module:imagenet2")
    module = Path(terminal.says("find", "module:imagenet2").strip())
    (module / "ck_imagenet" / "catalogue" / "data" / "synsets.tsv.gz").write_bytes(b"\x1f\x8b")
    said = terminal.ck("list", "imagenet2", anew=True)  # with that library, and no other
    assert said.returncode == 1
    assert "ck-imagenet has a bug: " in said.stdout
    assert "Traceback" not in said.stdout + said.stderr


def test_an_error_of_ck_fits_the_terminal_too(terminal: Terminal) -> None:
    assert terminal.shows("status", "imagenet", f"--wnid={WNID}", columns=50).splitlines() == [
        "CK error: [imagenet] no pictures of n01440764 are",
        "  here. See which synsets have some:",
        "  ck list imagenet --downloaded-only",
        "The documentation of ck-imagenet tells more!",
    ]
