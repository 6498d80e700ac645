"""The desktop of whoever types a command."""

from __future__ import annotations

import os
import sys
import webbrowser
from pathlib import Path


def show(page: Path) -> bool:
    """Open a page in the user's browser; say whether there is one."""
    # Where nothing can open a window, Python would start a browser of text in this terminal.
    windows = ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")
    if sys.platform.startswith("linux") and not any(map(os.environ.get, windows)):
        return False
    return webbrowser.open(page.as_uri())
