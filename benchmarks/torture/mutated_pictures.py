"""Pictures are mutated, and judged: what is kept must be what Pillow decodes, and the other way.

One in a thousand may be kept that Pillow cannot decode, and two in a thousand refused that it can;
what is above that is forged, and lost.
"""

from __future__ import annotations

import io
import random
import warnings

from ck_imagenet.core.outcomes import Failed
from ck_imagenet.images import judging, png
from ordeal import Trial, ordeal
from PIL import Image

_FORMS = ("JPEG", "PNG", "GIF", "WEBP", "BMP")
_KEPT, _REFUSED = 0.001, 0.002


@ordeal("pictures", "mutated pictures, judged beside Pillow")
def mutate(trial: Trial) -> None:
    """Judge mutations of one picture of each form, in turn."""
    originals = [_picture(form, trial.chance) for form in _FORMS for _ in range(2)]
    kept = refused = 0
    while trial.goes_on:
        data = _mutated(trial.chance.choice(originals), trial.chance)
        trial.tried += 1
        is_whole, is_kept = _decodes(data), _is_kept(data)
        kept += is_kept and not is_whole
        refused += is_whole and not is_kept
    told = f"{kept} of {trial.tried} kept that Pillow cannot decode, {refused} refused that it can"
    trial.find("forged", told, max(0, kept - int(_KEPT * trial.tried)))
    trial.find("lost", told, max(0, refused - int(_REFUSED * trial.tried)))


def _picture(form: str, chance: random.Random) -> bytes:
    width, height = chance.randrange(60, 160), chance.randrange(60, 160)
    image = Image.frombytes("RGB", (width, height), _noise(3 * width * height, chance))
    image = image.resize((2 * width, 2 * height))
    out = io.BytesIO()
    image.save(out, form, **({"progressive": chance.random() < 0.5} if form == "JPEG" else {}))
    return out.getvalue()


def _noise(size: int, chance: random.Random) -> bytes:
    return chance.getrandbits(8 * size).to_bytes(size, "big")


def _mutated(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    reach = chance.choice([64, 700, len(data)])  # headers as often as the rest
    how = chance.randrange(4)
    place = chance.randrange(min(reach, len(data)))
    if how == 0:
        for _ in range(chance.choice([1, 2, 8])):
            changed[chance.randrange(min(reach, len(changed)))] = chance.randrange(256)
    elif how == 1:
        changed[place] ^= 1 << chance.randrange(8)
    elif how == 2:
        del changed[place : place + chance.choice([1, 2, 40])]
    else:
        changed[place:place] = changed[place : place + chance.choice([1, 2, 40])]
    return bytes(changed)


def _is_kept(data: bytes) -> bool:
    try:
        judging.judge(data)
    except Failed:
        return False
    return True


def _decodes(data: bytes) -> bool:
    """Say whether Pillow decodes a picture, without what stands damaged beside a PNG's pixels."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(
                io.BytesIO(png.without_offending_chunks(data)), formats=_FORMS
            ) as image:
                image.load()
    except Exception:  # Pillow's decoders raise a dozen kinds on damaged bytes
        return False
    return True
