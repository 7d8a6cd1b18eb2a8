"""A page in headless Chromium: what its scripts wrote into it, and every request that it made."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from re import DOTALL, search

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # nothing is reached; the log still tells who asked
    "--window-size=1366,768",
    "--virtual-time-budget=4000",
)

PROBE = """<script>window.addEventListener("load", () => {
  const told = document.createElement("pre");
  told.id = "told";
  told.textContent = (() => { %s })();
  document.body.append(told);
});</script>"""


@dataclass(frozen=True)
class Visit:
    """What was seen: the text that a probe left, and the addresses that the page asked for."""

    told: str | None
    requests: set[str]


def visit(html: str, probe: str, folder: Path) -> Visit:
    """
    Open a page from a file and run a probe at its end; what the probe returns is told as text.

    Requests of the browser itself have no origin and are left out.
    """
    page, log = folder / "page.html", folder / "net.json"
    page.write_text(html + PROBE % probe, encoding="utf-8")
    binary = shutil.which("chromium")
    assert binary is not None, "the tests need Debian's chromium: apt-get install chromium"
    command = [binary, *FLAGS, f"--user-data-dir={folder / 'profile'}", f"--log-net-log={log}", "--dump-dom"]
    done = subprocess.run([*command, page.as_uri()], capture_output=True, text=True, timeout=120, check=True)
    found = search(r'<pre id="told">(.*?)</pre>', done.stdout, DOTALL)
    return Visit(unescape(found.group(1)) if found else None, _requests(log))


def _requests(log: Path) -> set[str]:
    events = [event.get("params", {}) for event in json.loads(log.read_text())["events"]]
    return {
        event["url"]
        for event in events
        if "url" in event and event.get("initiator") not in (None, "not an origin")
    }
