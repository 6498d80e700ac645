"""Tars of pictures, good and hostile: what is good comes out, the rest has a name."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import threading
import tracemalloc
import zlib
from typing import Any, Collection, Iterator

import pytest
from ck_imagenet.core.outcomes import Failed, Outcome
from ck_imagenet.core.text import ImageName
from ck_imagenet.images.decoding import MOST_BYTES
from ck_imagenet.sources.members import Member, Oddities
from ck_imagenet.sources.members import pictures as members
from ck_imagenet.sources.tars import File, PartReader, Skipped, SkipReason, StreamReader, files
from hypothesis import given
from hypothesis import strategies as st
from tarballs import END, extension, file, filled, header, tar

WNID, DALMATIAN, CAT = "n01440764", "n02110341", "n02123045"
BOTH = (WNID, DALMATIAN)


def whole(data: bytes, seekable: bool = True) -> StreamReader:
    """Return a tar in memory."""
    return StreamReader(io.BufferedReader(io.BytesIO(data)), len(data) if seekable else None)


def unpacked(
    source: StreamReader | bytes, wnids: Collection[str] = BOTH
) -> tuple[dict[str, bytes | None], list[tuple[str, SkipReason]]]:
    """Return the pictures in a tar, by their names, and what is odd in it."""
    pictures: dict[str, bytes | None] = {}
    odd = []
    stream = whole(source) if isinstance(source, bytes) else source
    for found in members(files(stream, "the tar"), wnids):
        if isinstance(found, Member):
            pictures[str(found.name)] = found.read()
        elif isinstance(found, Skipped):
            odd.append((found.path, found.reason))
    return pictures, odd


PICTURES = {
    b"n01440764_10026.JPEG": b"tench",
    b"n01440764/n01440764_7.jpg": b"",
    b"./n02110341_3.jpeg": b"dalmatian" * 1000,
    b"./train/n02110341/n02110341_4.PNG": bytes(512),
}
NAMED = {
    "n01440764_10026": b"tench",
    "n01440764_7": b"",
    "n02110341_3": b"dalmatian" * 1000,
    "n02110341_4": bytes(512),
}


class Stream(io.RawIOBase):
    """Bytes that are made when they are asked for, and then an error or the end."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        super().__init__()
        self._chunks = chunks
        self._held = b""
        self.given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._held = self._held or next(self._chunks, b"")
        data, self._held = self._held[: len(buffer)], self._held[len(buffer) :]
        buffer[: len(data)] = data
        self.given += len(data)
        return len(data)


class TestGood:
    """Tars as they should be."""

    def test_pictures_are_found_by_their_names_in_any_folder(self) -> None:
        assert unpacked(tar(PICTURES)) == (NAMED, [])

    def test_a_packed_tar_is_unpacked(self) -> None:
        packed = tar(PICTURES)
        assert unpacked(gzip.compress(packed)) == (NAMED, [])
        halves = gzip.compress(packed[:700]) + gzip.compress(packed[700:])
        assert unpacked(halves) == (NAMED, [])

    @pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
    def test_every_form_that_programs_write_is_read(self, form: int) -> None:
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w", format=form) as archive:
            for folder in ("", "x" * 90 + "/", "y" * 90 + "/" + "z" * 60 + "/"):
                member = tarfile.TarInfo(f"{folder}{WNID}_{len(folder)}.JPEG")
                member.size = 3
                archive.addfile(member, io.BytesIO(b"abc"))
            archive.addfile(tarfile.TarInfo(f"{WNID}_5.JPEG"))
            folder_itself = tarfile.TarInfo(WNID)
            folder_itself.type = tarfile.DIRTYPE
            archive.addfile(folder_itself)
        names = {f"{WNID}_{length}": b"abc" for length in (0, 91, 152)}
        assert unpacked(packed.getvalue()) == ({**names, f"{WNID}_5": b""}, [])

    def test_what_posixs_records_say_counts_more_than_the_header(self) -> None:
        said = extension({b"path": b"n01440764_2.JPEG", b"size": b"3"})
        data = said + header(b"n01440764_1.JPEG", 0) + filled(b"abc") + file(b"n01440764_3.png")
        assert unpacked(data + END) == ({f"{WNID}_2": b"abc", f"{WNID}_3": b""}, [])

    def test_a_tar_may_come_through_a_pipe(self) -> None:
        reading, writing = os.pipe()
        packed = gzip.compress(tar(PICTURES))

        def write() -> None:
            with open(writing, "wb") as end:  # noqa: PTH123 - a descriptor
                end.write(packed)

        writer = threading.Thread(target=write)
        writer.start()
        with open(reading, "rb") as stream:  # noqa: PTH123 - a descriptor
            assert unpacked(StreamReader(stream)) == (NAMED, [])
        writer.join()

    def test_a_picture_that_nobody_reads_is_passed_over(self) -> None:
        large = {b"n01440764_%d.JPEG" % n: bytes(3 * 2**20 + n) for n in range(3)}
        for seekable in (True, False):
            found = members(files(whole(tar(large), seekable), "the tar"), BOTH)
            names = [each.name.number for each in found if isinstance(each, Member)]
            assert names == [0, 1, 2]

    def test_a_tar_without_anything_has_nothing(self) -> None:
        assert unpacked(END) == ({}, [])


class TestNested:
    """A tar of the tars of classes, as ILSVRC2012's."""

    OUTER = tar(
        {
            b"n01440764.tar": tar({b"n01440764_10026.JPEG": b"tench"}),
            b"train/n02110341.tar": tar({b"n02110341_3.JPEG": b"dalmatian"}),
            b"n02123045.tar": tar({b"n02123045_1.JPEG": b"cat"}),
        }
    )

    def test_the_tars_of_classes_are_read_within_it(self) -> None:
        pictures = {f"{WNID}_10026": b"tench", f"{DALMATIAN}_3": b"dalmatian", f"{CAT}_1": b"cat"}
        for data in (self.OUTER, gzip.compress(self.OUTER)):
            assert unpacked(data, (*BOTH, CAT)) == (pictures, [])

    def test_of_others_nothing_is_said(self) -> None:
        assert unpacked(self.OUTER, [DALMATIAN]) == ({f"{DALMATIAN}_3": b"dalmatian"}, [])

    def test_nothing_is_read_behind_the_last_that_is_wanted(self) -> None:
        stream = Stream(iter([self.OUTER[:3000], self.OUTER[3000:]]))
        unpacked(StreamReader(io.BufferedReader(stream, 512)), [WNID])
        assert stream.given <= 3000

    def test_a_member_of_another_synset_is_named(self) -> None:
        data = tar({b"n01440764.tar": tar({b"n02110341_3.JPEG": b"", b"n01440764_1.JPEG": b""})})
        odd = [("n02110341_3.JPEG", SkipReason.OTHER_SYNSET)]
        assert unpacked(data) == ({f"{WNID}_1": b""}, odd)

    def test_a_tar_within_a_tar_within_a_tar_is_not_read(self) -> None:
        data = tar({b"n01440764.tar": tar({b"n01440764.tar": self.OUTER})})
        assert unpacked(data) == ({}, [("n01440764.tar", SkipReason.OTHER_NAME)])

    def test_a_tar_that_ends_too_early_does_not_take_the_next_with_it(self) -> None:
        short = file(b"n01440764_1.JPEG", b"a") + header(b"n01440764_2.JPEG", 5000)
        data = tar({b"n01440764.tar": short, b"n02110341.tar": tar({b"n02110341_3.png": b"d"})})
        odd = [("n01440764_2.JPEG", SkipReason.CUT)]
        assert unpacked(data) == (
            {f"{WNID}_1": b"a", f"{WNID}_2": None, f"{DALMATIAN}_3": b"d"},
            odd,
        )


class TestHostile:
    """What an attacker, or a broken disk, may put into a tar."""

    GOOD = file(b"n01440764_1.JPEG", b"good")

    @pytest.mark.parametrize(
        ("path", "kind", "fault"),
        [
            (b"../n01440764_2.JPEG", b"0", SkipReason.OUTSIDE),
            (b"a/../../n01440764_2.JPEG", b"0", SkipReason.OUTSIDE),
            (b"/etc/n01440764_2.JPEG", b"0", SkipReason.OUTSIDE),
            (b"../n01440764.tar", b"0", SkipReason.OUTSIDE),
            (b"n01440764_2.JPEG", b"1", SkipReason.LINK),
            (b"n01440764_2.JPEG", b"2", SkipReason.LINK),
            (b"../n01440764_2.JPEG", b"2", SkipReason.LINK),
            (b"n01440764.tar", b"2", SkipReason.LINK),
            (b"n01440764_2.JPEG", b"3", SkipReason.DEVICE),
            (b"n01440764_2.JPEG", b"4", SkipReason.DEVICE),
            (b"n01440764_2.JPEG", b"6", SkipReason.DEVICE),
            (b"n01440764_2.JPEG", b"S", SkipReason.SPARSE),
            (b"n02123045_2.JPEG", b"0", SkipReason.OTHER_SYNSET),
            (b"unknown_2.JPEG", b"0", SkipReason.OTHER_SYNSET),
            (b"n01440764_2.JPEG/x", b"0", SkipReason.OTHER_NAME),
            (b"n01440764_2.html", b"0", SkipReason.OTHER_NAME),
            (b"n01440764_2", b"0", SkipReason.OTHER_NAME),
            (b"n01440764_9999999999.JPEG", b"0", SkipReason.OTHER_NAME),
            (b"ILSVRC2012_val_00000001.JPEG", b"0", SkipReason.NO_LABEL),
            (b"..\\n01440764_2.JPEG", b"0", SkipReason.OTHER_NAME),
            (b"", b"0", SkipReason.OTHER_NAME),
        ],
    )
    def test_what_is_no_picture_of_these_synsets_is_named(
        self, path: bytes, kind: bytes, fault: SkipReason
    ) -> None:
        data = self.GOOD + file(path, kind=kind) + file(b"n01440764_3.JPEG", b"too") + END
        pictures: dict[str, bytes | None] = {f"{WNID}_1": b"good", f"{WNID}_3": b"too"}
        assert unpacked(data) == (pictures, [(path.decode(), fault)])

    def test_a_file_with_holes_is_passed_over_in_both_its_forms(self) -> None:
        old = header(b"n01440764_2.JPEG", 1024, b"S", more=b"\1")
        old += b"\1".rjust(505, b"\0").ljust(512, b"\0") + bytes(512) + b"x" * 1024
        said = extension({b"GNU.sparse.major": b"1", b"GNU.sparse.name": b"n01440764_3.JPEG"})
        new = said + file(b"GNUSparseFile.0/n01440764_3.JPEG", b"1\n0\n4\n")
        pictures, odd = unpacked(old + new + self.GOOD + END)
        assert pictures == {f"{WNID}_1": b"good"}
        assert [fault for _, fault in odd] == [SkipReason.SPARSE, SkipReason.SPARSE]

    def test_a_path_that_could_play_tricks_is_made_harmless(self) -> None:
        odd = Oddities()
        for path in (
            "\x1b[2J\n.JPEG",
            "b\u00e4r \u202e",
            "b\u00e4r".encode().decode("latin-1") * 90,
        ):
            odd.add(Skipped(path, SkipReason.OTHER_NAME))
        told = odd.examples[SkipReason.OTHER_NAME]
        assert told == ["\\x1b[2J\\n.JPEG", "b\u00e4r \\u202e", ("b\u00e4r" * 90)[:200]]

    def test_a_gigantic_member_is_passed_over_and_never_in_memory(self) -> None:
        size = 200 * 2**20

        def data() -> Iterator[bytes]:
            yield header(b"n01440764_2.JPEG", size)
            for _ in range(200):
                yield bytes(2**20)
            yield self.GOOD + END

        tracemalloc.start()
        found = unpacked(StreamReader(io.BufferedReader(Stream(data()))))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert found == ({f"{WNID}_1": b"good"}, [("n01440764_2.JPEG", SkipReason.TOO_LARGE)])
        assert peak < 2**23

    def test_the_largest_picture_is_read_and_one_byte_more_is_not(self) -> None:
        data = {b"n01440764_1.JPEG": bytes(MOST_BYTES), b"n01440764_2.JPEG": bytes(MOST_BYTES + 1)}
        pictures, odd = unpacked(tar(data))
        assert {name: len(read or b"") for name, read in pictures.items()} == {
            f"{WNID}_1": MOST_BYTES
        }
        assert odd == [("n01440764_2.JPEG", SkipReason.TOO_LARGE)]

    @pytest.mark.parametrize("kind", [b"L", b"K", b"x", b"g"])
    def test_what_is_said_beside_a_header_is_never_much_in_memory(self, kind: bytes) -> None:
        """Python's own `tarfile` reads as much into memory as the header claims."""

        def data() -> Iterator[bytes]:
            yield header(b"././@LongLink", 100 * 2**20, kind)
            for _ in range(100):
                yield b"x" * 2**20
            yield self.GOOD + END

        tracemalloc.start()
        pictures, _ = unpacked(StreamReader(io.BufferedReader(Stream(data()))))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2**23
        assert kind == b"L" or pictures == {f"{WNID}_1": b"good"}

    def test_sizes_that_no_disk_has_are_the_end(self) -> None:
        for said in (b"\x80" + (2**60).to_bytes(11, "big"), b"7" * 11 + b"\0"):
            data = self.GOOD + header(b"x", said_size=said) + b"rest"
            odd = [("x", SkipReason.OTHER_NAME), ("x", SkipReason.CUT)]
            assert unpacked(data) == ({f"{WNID}_1": b"good"}, odd)

    def test_a_bomb_of_zeros_is_an_empty_tar(self) -> None:
        packed = zlib.compressobj(9, wbits=31)
        bomb = b"".join(packed.compress(bytes(2**20)) for _ in range(100)) + packed.flush()
        assert unpacked(bomb) == ({}, [])

    def test_garbage_within_is_named_once_and_what_is_behind_it_is_found(self) -> None:
        data = self.GOOD + b"garbage!" * 640 + file(b"n01440764_3.JPEG", b"too") + END
        pictures: dict[str, bytes | None] = {f"{WNID}_1": b"good", f"{WNID}_3": b"too"}
        assert unpacked(data) == (pictures, [("the tar", SkipReason.GARBAGE)])

    def test_what_does_not_begin_as_a_tar_is_not_searched(self) -> None:
        stream = Stream(iter([b"<html>" * 1000, self.GOOD, END]))
        found = unpacked(StreamReader(io.BufferedReader(stream, 512)))
        assert found == ({}, [("the tar", SkipReason.GARBAGE)])
        assert stream.given <= 1024

    def test_a_short_page_is_no_tar_that_ends_too_early(self) -> None:
        assert unpacked(b"<html></html>") == ({}, [("the tar", SkipReason.GARBAGE)])

    def test_nothing_at_all_is_a_tar_that_ends_too_early(self) -> None:
        assert unpacked(b"") == ({}, [("the tar", SkipReason.CUT)])

    @pytest.mark.parametrize("seekable", [True, False])
    def test_wherever_a_tar_is_cut_what_is_whole_before_is_kept(self, seekable: bool) -> None:
        data = tar({b"n01440764_%d.JPEG" % n: bytes([n]) * 700 for n in range(3)})
        for end in range(512, len(data) - 1024, 100):
            pictures, odd = unpacked(whole(data[:end], seekable))
            kept = {name: read for name, read in pictures.items() if read is not None}
            assert kept == {
                f"{WNID}_{n}": bytes([n]) * 700 for n in range(3) if n * 1536 + 1212 <= end
            }
            assert [fault for _, fault in odd] == [SkipReason.CUT]

    def test_wherever_a_packed_tar_is_cut_what_is_whole_before_is_kept(self) -> None:
        packed = gzip.compress(tar({b"n01440764_%d.JPEG" % n: os.urandom(9000) for n in range(9)}))
        before = 0
        for end in range(0, len(packed), 997):
            stream = whole(packed[:end])
            pictures, odd = unpacked(stream)
            kept = [name for name, read in pictures.items() if read is not None]
            assert len(kept) >= before
            assert odd[-1][1] is SkipReason.CUT
            assert stream.failure is None
            before = len(kept)
        assert before >= 8

    def test_a_packed_tar_that_is_damaged_ends_there(self) -> None:
        packed = bytearray(gzip.compress(tar({b"n01440764_1.JPEG": os.urandom(90_000)})))
        packed[50_000:50_100] = bytes(100)
        _, odd = unpacked(bytes(packed))
        assert odd[-1][1] is SkipReason.CUT

    @pytest.mark.parametrize("error", [OSError(5, "no disk"), Failed(Outcome.CUT_SHORT, "gone")])
    def test_what_cannot_be_read_is_the_end_and_remembered(self, error: Exception) -> None:
        def data() -> Iterator[bytes]:
            yield self.GOOD
            raise error

        stream = StreamReader(io.BufferedReader(Stream(data()), 512))
        assert unpacked(stream) == ({f"{WNID}_1": b"good"}, [("the tar", SkipReason.CUT)])
        assert stream.failure is error

    @given(data=st.binary(max_size=3000))
    def test_any_bytes_are_pictures_and_oddities(self, data: bytes) -> None:
        for packed in (data, b"\x1f\x8b" + data, gzip.compress(data, 1)):
            unpacked(packed)

    @given(
        blocks=st.lists(
            st.one_of(
                st.sampled_from([bytes(512), b"x" * 512, GOOD, header(b"n01440764.tar", 9999)]),
                st.builds(
                    header,
                    st.sampled_from([b"n01440764_1.JPEG", b"n02110341.tar", b"/", b"\xff" * 100]),
                    st.integers(0, 2000),
                    st.binary(min_size=1, max_size=1),
                ),
            ),
            max_size=12,
        ),
        end=st.integers(0, 600),
    )
    def test_headers_in_any_order_are_pictures_and_oddities(
        self, blocks: list[bytes], end: int
    ) -> None:
        data = b"".join(blocks)
        data = data[: max(0, len(data) - end)]
        seeking, reading = unpacked(data), unpacked(whole(data, seekable=False))
        assert seeking == reading
        assert all(read is None or len(read) <= 2000 for read in seeking[0].values())


def test_a_member_has_no_bytes_but_its_own() -> None:
    body = PartReader(whole(b"abcdef"), 3)
    assert Member(ImageName(WNID, 1), File("x", 3, body)).read() == b"abc"
    assert Skipped("x", SkipReason.CUT).path == "x"
