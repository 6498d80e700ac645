"""Headless Chromium, as a person at a browser: WebDriver over ChromeDriver, and nothing else."""

from __future__ import annotations

import base64
import importlib.util
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Sequence

import requests

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")

FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--hide-scrollbars"),
)

_PACKAGE = importlib.util.find_spec("axe_core_python")
AXE = Path(os.environ.get("AXE") or str(_PACKAGE and _PACKAGE.origin)).with_name("axe.min.js")
"""The file of axe-core: of the package, or of the folder of the file that AXE names."""

_VIOLATIONS = """
    return axe.run().then(found => found.violations.flatMap(
        rule => rule.nodes.map(node => `${rule.id}: ${node.html.slice(0, 200)}`)
    ));
"""

KEYS = {
    **{"up": "\ue013", "right": "\ue014", "down": "\ue015"},
    **{"enter": "\ue007", "escape": "\ue00c", "tab": "\ue004"},
}


_SHOWN = """
    const [urls, seconds] = arguments;
    return Promise.all(urls.map(url => new Promise(done => {
        const picture = new Image();
        picture.onload = () => done(picture.naturalWidth > 0);
        picture.onerror = () => done(false);
        setTimeout(() => { done(false); picture.src = ""; }, 1000 * seconds);
        picture.src = url;
    })));
"""

_OPENED = "return document.images.length === 1 && document.images[0].naturalWidth > 0"


class Browser:
    """A browser of its own, without a network.

    Parameters
    ----------
    profile : Path
        An empty folder for what it keeps.
    flags : sequence of str
        What it is told beside `FLAGS`.
    """

    def __init__(self, profile: Path, flags: Sequence[str] = ()) -> None:
        self._profile = profile
        self._flags = flags

    def __enter__(self) -> Browser:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self._driver = subprocess.Popen(
            [str(DRIVER), f"--port={port}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._http = requests.Session()
        self._http.trust_env = False
        self._session = f"http://127.0.0.1:{port}"
        self._await_driver()
        options = {
            "binary": CHROMIUM,
            "args": [*FLAGS, *self._flags, f"--user-data-dir={self._profile}"],
        }
        asked = {"browserName": "chrome", "goog:chromeOptions": options}
        made = self._ask("POST", "session", capabilities={"alwaysMatch": asked})
        self._session += f"/session/{made['sessionId']}"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ask("DELETE", "")
        self._http.close()
        self._driver.terminate()
        self._driver.wait()

    def open(self, page: Path) -> None:
        """Load a file."""
        self.visit(page.resolve().as_uri())

    def visit(self, address: str) -> None:
        """Load an address."""
        self._ask("POST", "url", url=address)

    def run(self, script: str, *arguments: Any) -> Any:
        """Return what a script in the page returns."""
        return self._ask("POST", "execute/sync", script=script, args=list(arguments))

    def shows(self, addresses: Sequence[str], seconds: float = 20) -> list[bool]:
        """Say of each address whether a page shows a picture from there, in that time."""
        shown: list[bool] = self.run(_SHOWN, list(addresses), seconds)
        return shown

    def opens(self, address: str, seconds: float = 20) -> bool:
        """Say whether a picture is there for who goes to an address, in that time."""
        self._ask("POST", "timeouts", pageLoad=int(1000 * seconds))
        try:
            self.visit(address)
        except AssertionError:  # no such host, no answer, or a file to be kept
            return False
        return bool(self.run(_OPENED))

    def until(self, script: str) -> Any:
        """Return what a script in the page returns as soon as that is true."""
        for _ in range(200):
            found = self.run(script)
            if found:
                return found
            time.sleep(0.05)
        raise AssertionError(f"never true: {script}")

    def enter(self, frame: str) -> None:
        """Look into a frame; the next page is a page again."""
        found = self._ask("POST", "element", using="css selector", value=frame)
        self._ask("POST", "frame", id=found)

    def press(self, *keys: str) -> None:
        """Press keys, by their names in KEYS or as they are."""
        typed = [KEYS.get(key, key) for key in keys]
        actions = [{"type": kind, "value": key} for key in typed for kind in ("keyDown", "keyUp")]
        keyboard = {"type": "key", "id": "keyboard", "actions": actions}
        self._ask("POST", "actions", actions=[keyboard])

    def paste(self) -> None:
        """Press Ctrl+V."""
        ends = (("keyDown", "\ue009"), ("keyDown", "v"), ("keyUp", "v"), ("keyUp", "\ue009"))
        actions = [{"type": kind, "value": key} for kind, key in ends]
        self._ask("POST", "actions", actions=[{"type": "key", "id": "keys", "actions": actions}])

    def swipe(self, selector: str, across: int) -> None:
        """Move a finger over what a selector finds, by so many pixels to the right."""
        middle = "const {left, width, top, height} = document.querySelector(arguments[0])"
        found = self.run(
            f"{middle}.getBoundingClientRect(); return [left + width / 2, top + height / 2]",
            selector,
        )
        steps = [("touchStart", 0), ("touchMove", across // 2), ("touchMove", across)]
        for kind, moved in steps:
            point = {"x": found[0] + moved, "y": found[1]}
            self.devtools("Input.dispatchTouchEvent", type=kind, touchPoints=[point])
        self.devtools("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def violations(self) -> list[str]:
        """Return which of axe-core's rules of accessibility the page breaks, and where."""
        found: list[str] = self.run(AXE.read_text("utf-8") + _VIOLATIONS)
        return found

    def devtools(self, command: str, **parameters: Any) -> Any:
        """Return what Chromium's own tools answer."""
        return self._ask("POST", "goog/cdp/execute", cmd=command, params=parameters)

    def resize(self, width: int, height: int, *, scale: float = 1, dark: bool = False) -> None:
        """Show pages as on a screen of so many pixels."""
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.devtools("Emulation.setEmulatedMedia", features=[scheme])

    def screenshot(self) -> bytes:
        """Return what is to be seen, as PNG."""
        return base64.b64decode(self._ask("GET", "screenshot"))

    def console(self) -> list[str]:
        """Return what the page has complained of since it was asked last."""
        entries = self._ask("POST", "se/log", type="browser")
        return [str(entry["message"]) for entry in entries]

    def _await_driver(self) -> None:
        for _ in range(200):
            try:
                if self._ask("GET", "status")["ready"]:
                    return
            except requests.ConnectionError:
                time.sleep(0.05)
        raise AssertionError("ChromeDriver does not start")

    def _ask(self, method: str, path: str, **body: Any) -> Any:
        address = f"{self._session}/{path}".rstrip("/")
        json = body if method == "POST" else None
        answer = self._http.request(method, address, json=json, timeout=60).json()["value"]
        if isinstance(answer, dict) and "error" in answer:
            raise AssertionError(f"{answer['error']}: {answer['message']}")
        return answer
