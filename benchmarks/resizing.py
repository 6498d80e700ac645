"""What `export --resize` takes, beside the plainest loop that Pillow allows, on all cores."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median

from measure import LIBRARY, Command, Cost, cost, in_turn, machine, table
from ours import WNID
from PIL import Image

SIZES = ((500, 375), (500, 375), (375, 500), (500, 333), (1024, 768), (1600, 1200))
"""ImageNet's usual one, others of Flickr, and those of cameras."""


def main() -> None:
    """Print the table of benchmarks/README.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--pictures", type=int, default=1200)
    parser.add_argument("--side", type=int, default=224)
    parser.add_argument("--plainly", nargs=2, metavar=("FROM", "TO"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.plainly:
        resize_all(Path(options.plainly[0]), Path(options.plainly[1]), options.side)
        return
    side = f"{options.side}"
    print(f"{machine()}, {options.pictures} JPEGs, {options.runs} runs in turn\n")
    ours = [sys.executable, "-m", "ck_imagenet", "export", "--outdir=plain", "--to=out", "--quiet"]
    plainly = [sys.executable, str(Path(__file__).resolve()), f"--side={side}"]
    resizers = (
        Command(f"`export --resize={side}`", [*ours, f"--resize={side}"]),
        Command(
            f"Pillow with `draft`, {os.cpu_count()} processes",
            [*plainly, "--plainly", "plain", "out"],
        ),
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        draw(folder / "plain" / WNID, options.pictures)

        def measure(resizer: Command) -> Cost:
            shutil.rmtree(folder / "out", ignore_errors=True)
            environment = {**os.environ, "PYTHONPATH": str(LIBRARY)}
            return cost(resizer.words, folder, environment)

        results = in_turn(resizers, options.runs, measure)
    rows = []
    for resizer, found in zip(resizers, results):
        rates = [options.pictures / took.wall for took in found]
        processor = median(took.cpu for took in found) / options.pictures
        rows.append(
            [
                resizer.name,
                f"{median(rates):.0f}",
                f"{min(rates):.0f} to {max(rates):.0f}",
                f"{1000 * processor:.2f} ms",
            ]
        )
    table(["", "pictures a second", "from, to", "processor, each"], rows)


def draw(folder: Path, count: int) -> None:
    """Draw as many JPEGs into a folder as are wanted, the same every time."""
    folder.mkdir(parents=True)
    noise = [Image.effect_noise((400, 300), 60) for _ in range(3)]
    drawn = {
        size: Image.merge("RGB", noise).resize(size, Image.Resampling.BICUBIC)
        for size in set(SIZES)
    }
    for number in range(count):
        drawn[SIZES[number % len(SIZES)]].save(folder / f"{WNID}_{number}.jpg", quality=85)


def resize_all(source: Path, target: Path, side: int) -> None:
    """Resize all pictures with nothing but Pillow, in a process for each core."""
    target.mkdir()
    paths = sorted(source.glob("*/*.jpg"))
    cores = os.cpu_count() or 1
    with ProcessPoolExecutor(cores) as pool:
        for _ in pool.map(resize, paths, [target] * len(paths), [side] * len(paths), chunksize=20):
            pass


def resize(path: Path, target: Path, side: int) -> None:
    """Resize one picture as Pillow's own pages show it: decoded no larger than is needed."""
    with Image.open(path) as image:
        scale = side / min(image.size)
        size = (round(scale * image.width), round(scale * image.height))
        image.draft("RGB", size)
        small = image.convert("RGB").resize(size, Image.Resampling.BICUBIC)
        small.save(target / path.name, "JPEG", quality=95)


if __name__ == "__main__":
    main()
