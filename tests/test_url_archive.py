"""The archive of all URLs: what the list holds is in it, at once, and nothing else."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path

import pytest
from ck_imagenet.core import url_lists
from ck_imagenet.core.errors import BadInput, Damaged, StoreError
from ck_imagenet.core.files import NEW
from ck_imagenet.core.text import ImageName
from ck_imagenet.core.url_lists import Line
from ck_imagenet.sources.url_archive import DATA, FACTS, INDEX, REST, Archive, hosts
from ck_imagenet.sources.url_archive_build import Provenance, build
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TENCH, GOLDFISH = "n01440764", "n01443537"
LIST = (
    b"n01440764_9981\thttp://farm1.static.flickr.com/1.jpg\n"
    b"n01440764_4\thttp://a.example/one, two.jpg\n"
    b"n01443537_9\thttp://b.example/caf\xe9 au lait.jpg\n"
)


def built(folder: Path, data: bytes) -> Archive:
    """Build the archive in a folder, as a new process finds it."""
    build(io.BytesIO(data), Provenance("list.txt"), folder)
    archive = Archive.at(folder)
    assert archive
    return archive


def listed(archive: Archive) -> dict[str, list[tuple[int, str]]]:
    """Return number and URL of all pictures, by synset."""
    return {
        wnid: [(line.name.number, line.url) for line in archive.lines(wnid) if line.name]
        for wnid in archive.counts()
    }


def tgz(data: bytes) -> bytes:
    """Pack a list as ImageNet has packed it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo("fall11_urls.txt")
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return packed.getvalue()


class TestReading:
    """What the archive gives."""

    def test_the_lines_of_a_synset_have_their_true_numbers_and_their_very_bytes(
        self, tmp_path: Path
    ) -> None:
        archive = built(tmp_path, LIST)
        assert archive.lines(TENCH) == [
            Line(0, ImageName(TENCH, 9981), "http://farm1.static.flickr.com/1.jpg"),
            Line(1, ImageName(TENCH, 4), "http://a.example/one, two.jpg"),
        ]
        assert archive.lines(GOLDFISH) == [
            Line(0, ImageName(GOLDFISH, 9), "http://b.example/caf\xe9 au lait.jpg")
        ]

    @pytest.mark.parametrize("wnid", ["n01440765", "unknown", "n.1440764", "\n", ""])
    def test_a_synset_that_is_not_there_has_no_lines(self, tmp_path: Path, wnid: str) -> None:
        assert built(tmp_path, LIST).lines(wnid) == []

    def test_the_urls_of_each_synset_are_counted(self, tmp_path: Path) -> None:
        assert built(tmp_path, LIST).counts() == {TENCH: 2, GOLDFISH: 1}

    def test_any_gzip_tool_reads_the_whole_list(self, tmp_path: Path) -> None:
        archive = built(tmp_path, LIST)
        assert gzip.decompress(archive.data.read_bytes()) == LIST

    def test_a_synset_that_comes_again_later_has_a_further_member_and_reads_as_one(
        self, tmp_path: Path
    ) -> None:
        again = b"n01440764_7\thttp://a.example/7.jpg\n"
        archive = built(tmp_path, LIST + again)
        assert [member.wnid for member in archive.members()] == [TENCH, GOLDFISH, TENCH]
        assert [line.name.number for line in archive.lines(TENCH) if line.name] == [9981, 4, 7]
        assert [line.number for line in archive.lines(TENCH)] == [0, 1, 2]
        assert archive.counts() == {TENCH: 3, GOLDFISH: 1}

    def test_it_tells_where_it_comes_from_and_what_it_has(self, tmp_path: Path) -> None:
        build(io.BytesIO(b"odd\n" + LIST), Provenance("http://a/l.tgz", "ab" * 20), tmp_path)
        facts = Archive.needed(tmp_path, "all").facts()
        assert facts.pop("time").endswith("Z")
        assert facts == {
            "urls": 3,
            "synsets": 2,
            "odd": 1,
            "source": "http://a/l.tgz",
            "sha1": "ab" * 20,
            "data": str(tmp_path / DATA),
            "rest": str(tmp_path / REST),
        }

    def test_where_there_is_none_there_is_none(self, tmp_path: Path) -> None:
        assert Archive.at(tmp_path / "nowhere") is None
        with pytest.raises(BadInput, match="--sort needs the archive of all URLs; get it with: ck"):
            Archive.needed(tmp_path, "sort")

    def test_one_of_a_newer_format_is_refused(self, tmp_path: Path) -> None:
        built(tmp_path, LIST)
        facts = json.loads((tmp_path / FACTS).read_text())
        (tmp_path / FACTS).write_text(json.dumps({**facts, "format": 2}))
        with pytest.raises(StoreError, match="was written by a newer ck-imagenet: it has format 2"):
            Archive.at(tmp_path)

    @pytest.mark.parametrize("name", [DATA, INDEX])
    def test_a_file_that_is_cut_or_gone_is_said_to_be_damaged(
        self, tmp_path: Path, name: str
    ) -> None:
        built(tmp_path, LIST)
        (tmp_path / name).write_bytes(b"x")
        with pytest.raises(StoreError, match=r"is damaged .*: ck-imagenet geturls --all$"):
            Archive.at(tmp_path)
        (tmp_path / name).unlink()
        with pytest.raises(StoreError, match="is damaged"):
            Archive.at(tmp_path)

    def test_bytes_that_are_no_member_are_said_to_be_damaged(self, tmp_path: Path) -> None:
        archive = built(tmp_path, LIST)
        archive.data.write_bytes(bytes(archive.data.stat().st_size))
        with pytest.raises(StoreError, match="is damaged"):
            archive.lines(TENCH)


class TestDamage:
    """An index that is not what was built, though the archive's facts fit it."""

    @pytest.mark.parametrize(
        "line",
        [
            b"n01440764\t" + b"9" * 5000 + b"\t1\t2",
            b"n01440764\t0\t" + b"9" * 5000 + b"\t2",
            b"n01440764\t0\t" + b"9" * 15 + b"\t2",
            b"n01440764\t0\t99999999\t2",
            b"n01440764\t999999999999999\t9\t2",
            b"n01440764\t1\t9\t2",
            b"n01440764\t0\t9\t2",
            b"n01440764\t-1\t9\t2",
            b"n01440764\tnothing",
        ],
    )
    def test_it_is_damaged_and_nothing_else(self, tmp_path: Path, line: bytes) -> None:
        built(tmp_path, LIST)
        (tmp_path / "index.tsv").write_bytes(b"wnid\tplace\tlength\turls\n" + line + b"\n")
        facts = json.loads((tmp_path / "archive.json").read_bytes())
        facts["sizes"]["index.tsv"] = (tmp_path / "index.tsv").stat().st_size
        (tmp_path / "archive.json").write_text(json.dumps(facts))
        archive = Archive.at(tmp_path)
        assert archive
        for read in (archive.lines, lambda wnid: archive.check(lambda done: None)):
            with pytest.raises(Damaged):
                read(TENCH)

    def test_a_member_of_another_synset_is_not_taken_for_that_of_this_one(
        self, tmp_path: Path
    ) -> None:
        built(tmp_path, LIST)
        index = tmp_path / "index.tsv"
        index.write_bytes(index.read_bytes().replace(TENCH.encode(), b"n01440769"))
        archive = Archive.at(tmp_path)
        assert archive
        assert archive.lines(TENCH) == []
        with pytest.raises(Damaged):
            archive.lines("n01440769")

    def test_a_bomb_is_not_unpacked(self, tmp_path: Path) -> None:
        built(tmp_path, LIST)
        bomb = gzip.compress(b"n01440764_1\thttp://a/\n" * 10**7, 9)
        (tmp_path / "urls.gz").write_bytes(bomb)
        index = f"wnid\tplace\tlength\turls\nn01440764\t0\t{len(bomb)}\t2\n".encode()
        (tmp_path / "index.tsv").write_bytes(index)
        facts = json.loads((tmp_path / "archive.json").read_bytes())
        facts["sizes"] = {"urls.gz": len(bomb), "index.tsv": len(index)}
        (tmp_path / "archive.json").write_text(json.dumps(facts))
        archive = Archive.at(tmp_path)
        assert archive
        with pytest.raises(Damaged):
            archive.lines(TENCH)


class TestBuilding:
    """From a list in any form."""

    @pytest.mark.parametrize("pack", [bytes, gzip.compress, tgz])
    def test_a_list_may_be_plain_or_packed(self, tmp_path: Path, pack: type[bytes]) -> None:
        assert built(tmp_path, pack(LIST)).urls == 3

    def test_lines_in_another_form_are_brought_into_this_one(self, tmp_path: Path) -> None:
        lines = (
            b"n01440764_1 HTTP://a.example/1\r\n"
            b"  n01440764_2 \t https://a.example/2 \r\n"
            b"n01440764_3\thttp://a.example/3\t4\r\n"
        )
        archive = built(tmp_path, lines + b"n01440764_5\thttp://a.example/5")
        assert listed(archive) == {
            TENCH: [
                (1, "HTTP://a.example/1"),
                (2, "https://a.example/2"),
                (3, "http://a.example/3\t4"),
                (5, "http://a.example/5"),
            ]
        }

    def test_odd_lines_are_counted_and_kept_byte_for_byte(self, tmp_path: Path) -> None:
        odd = [
            b"\n",
            b"n01440764_1\tftp://a.example/\n",
            b"n01440764_x\thttp://a.example/\n",
            b"n0144076_1\thttp://a.example/\n",
            b"unknown_1\thttp://a.example/\n",
            b"http://a.example/\n",
            b"caf\xe9\r\n",
            b"n01440764_1\thttp://a.example/" + b"x" * 70_000 + b"\n",
        ]
        first, *others = LIST.splitlines(keepends=True)
        archive = built(tmp_path, odd[0] + first + b"".join(odd[1:]) + b"".join(others))
        assert archive.odd == len(odd)
        assert archive.rest.read_bytes() == b"".join(odd)
        assert gzip.decompress(archive.data.read_bytes()) == LIST
        assert len(list(archive.members())) == 2

    @pytest.mark.parametrize(
        "data", [b"", b"\n", b"http://a.example/1.jpg\n", b"<html>" * 1000, b"odd line\n" * 600_000]
    )
    def test_what_has_no_url_with_a_name_or_too_much_else_is_no_list(
        self, tmp_path: Path, data: bytes
    ) -> None:
        known = built(tmp_path, LIST).facts()
        with pytest.raises(
            BadInput,
            match=r'"list.txt" is not a list of all URLs. In such a list, a line is a name',
        ):
            build(io.BytesIO(data + LIST * (len(data) > 10**6)), Provenance("list.txt"), tmp_path)
        archive = Archive.at(tmp_path)
        assert archive
        assert archive.facts() == known

    def test_a_line_without_end_does_not_fill_the_memory(self, tmp_path: Path) -> None:
        bomb = gzip.compress(b"n01440764_1\thttp://" + b"x" * 2**27)
        with pytest.raises(BadInput, match="it has a line of more than 4 MB"):
            build(io.BytesIO(bomb), Provenance("list.txt"), tmp_path)

    def test_a_list_that_is_cut_leaves_the_archive_as_it_was(self, tmp_path: Path) -> None:
        known = built(tmp_path, LIST).facts()
        packed = tgz(LIST * 1000)
        with pytest.raises(BadInput, match=r'"list.txt" is damaged or incomplete'):
            build(io.BytesIO(packed[: len(packed) // 2]), Provenance("list.txt"), tmp_path)
        archive = Archive.at(tmp_path)
        assert archive
        assert (archive.facts(), listed(archive)) == (known, listed(built(tmp_path, LIST)))
        assert not list(tmp_path.glob(f"{NEW}*"))

    def test_a_synset_that_fills_many_blocks_has_one_member(self, tmp_path: Path) -> None:
        lines = b"".join(b"n01440764_%d\thttp://a.example/%0999d\n" % (n, n) for n in range(5000))
        archive = built(tmp_path, lines)
        assert len(list(archive.members())) == 1
        assert len(archive.lines(TENCH)) == 5000

    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["n01440764_1", "n01443537_22", "n1_1", "unknown_3", ""]),
                st.sampled_from(["\t", " ", "", "\t\t"]),
                st.sampled_from(["http://", "HTTPS://", "ftp://", ""]),
                st.text(st.characters(max_codepoint=255, blacklist_characters="\n"), max_size=8),
            ),
            max_size=12,
        )
    )
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    def test_it_holds_what_reading_the_list_line_by_line_gives(
        self, tmp_path: Path, parts: list[tuple[str, str, str, str]]
    ) -> None:
        data = "".join("".join(part) + "\n" for part in parts)
        data += "n01440764_9\thttp://a.example/\n"
        raw = data.encode("latin-1")
        expected: dict[str, list[tuple[int, str]]] = {}
        for line in url_lists.read(io.BytesIO(raw), "list"):
            if line.name and line.name.wnid != "unknown":
                expected.setdefault(line.name.wnid, []).append((line.name.number, line.url))
        archive = built(tmp_path, raw)
        assert listed(archive) == expected
        assert archive.urls + archive.odd == data.count("\n")
        assert archive.urls == sum(map(len, expected.values()))


class TestHosts:
    """How many URLs lead to a host, and to those below it."""

    @pytest.fixture
    def archive(self, tmp_path: Path) -> Archive:
        urls = [
            "http://farm1.static.flickr.com/1.jpg",
            "http://FARM1.static.Flickr.com:80/2.jpg",
            "https://me:secret@flickr.com?3",
            "http://flickr.com",
            "http://notflickr.com/4.jpg",
            "http://flickr.com.example/5.jpg",
            "http://a.example/http://flickr.com/6.jpg",
            "http://a.example/\thttp://flickr.com/7.jpg",
            "http://user@flickr.com@a.example/8.jpg",
        ]
        lines = [f"{TENCH}_{number}\t{url}\n" for number, url in enumerate(urls)]
        lines += f"{GOLDFISH}_1\thttp://flickr.com./9.jpg\n"
        return built(tmp_path, "".join(lines).encode())

    def test_a_host_and_those_below_it_are_counted(self, archive: Archive) -> None:
        assert hosts(archive, "flickr.com") == {"flickr.com": 3, "farm1.static.flickr.com": 2}
        assert hosts(archive, ".Flickr.COM.") == hosts(archive, "flickr.com")
        assert hosts(archive, "a.example") == {"a.example": 3}
        assert hosts(archive, "nowhere.example") == {}

    def test_synsets_narrow_it(self, archive: Archive) -> None:
        assert hosts(archive, "flickr.com", [GOLDFISH]) == {"flickr.com": 1}

    def test_progress_is_told(self, archive: Archive) -> None:
        places: list[int] = []
        hosts(archive, "flickr.com", reached=places.append)
        assert places[-1] == archive.data.stat().st_size

    @pytest.mark.parametrize("host", ["", ".", "http://flickr.com", "a/b", "a b", "a:80", "me@a"])
    def test_what_is_no_host_is_refused(self, archive: Archive, host: str) -> None:
        with pytest.raises(
            BadInput, match=r"is not a host: write for example --search-url=flickr.com"
        ):
            hosts(archive, host)
