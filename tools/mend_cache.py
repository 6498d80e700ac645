"""Put back into CK's cache of repositories whatever is registered and is not there.

For where CK itself does not start any more, or has lost the repository of this very module.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "module" / "imagenet"))

import ck.kernel as ck
from ck_imagenet.storage.ck_kernel import Kernel
from ck_imagenet.storage.ck_repositories import Repositories


def main() -> None:
    """Do it, and say how many there are."""
    started = ck.init({})
    if started["return"] > 0:
        sys.exit(started["error"])
    known = sum(1 for _ in Repositories(Kernel(ck)).names(""))
    print(f"CK knows {known} repositories")


if __name__ == "__main__":
    main()
