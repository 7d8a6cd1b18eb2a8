"""
Run every check, the later ones too when an earlier one fails, and end with one table of counts.

    checks.py                          all of them
    checks.py --only NAME [WORD …]     one, with further words for its command
    checks.py WORD …                   pytest with these words
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Check:
    """One command, where it runs, and what in its output tells how much was checked."""

    name: str
    command: tuple[str, ...]
    counts: str
    folder: str = "."


CHECKS = (
    Check("ruff", ("ruff", "check", "."), r"(All checks passed|Found \d+ errors?)"),
    Check("format", ("ruff", "format", "--check", "."), r"(\d+ files? .*)"),
    Check("pyright", ("pyright",), r"(\d+ errors?, \d+ warnings?)"),
    Check("imports", ("lint-imports",), r"(Contracts: .*)"),
    Check("web build", ("npm", "run", "build"), r"(\d+ modules transformed)", "web"),
    Check("pytest", ("pytest", "-n", "2"), r"((?:\d+ \w+,? ?)+) in [\d.]+s"),
    Check(
        "web check", ("npm", "run", "check"), r"(\d+ errors? and \d+ warnings?.*|Checked \d+ files.*)", "web"
    ),
    Check("web unit", ("npm", "test"), r"Tests\s+(.*)", "web"),
    Check("browser", ("npm", "run", "test:browser"), r"Tests\s+(.*)|# (pass \d+)|# (fail \d+)", "web"),
)


def run(check: Check, further: list[str]) -> tuple[int, str, float]:
    """Run one check, showing its output; return its status, its counts and its seconds."""
    print(f"\n── {check.name} " + "─" * (70 - len(check.name)), flush=True)
    begun = time.monotonic()
    command = [str(BIN / check.command[0]), *check.command[1:], *further]
    told: list[str] = []
    with subprocess.Popen(
        command, cwd=ROOT / check.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            for line in process.stdout or ():
                print(line, end="", flush=True)
                told.append(line)
        except BaseException:  # Ctrl-C, or SIGTERM: nothing we started goes on without us
            process.terminate()
            raise
    plain = re.sub(r"\x1b\[[0-9;]*m", "", "".join(told))
    counts = [
        "".join(found) if isinstance(found, tuple) else found for found in re.findall(check.counts, plain)
    ]
    return process.returncode, ", ".join(dict.fromkeys(map(str.strip, counts))), time.monotonic() - begun


def main(words: list[str]) -> int:
    """Run what was asked for; 0 only if all of it passed."""
    chosen, further = CHECKS, words
    if words[:1] == ["--only"]:
        chosen = tuple(check for check in CHECKS if check.name == words[1])
        further = words[2:]
        if not chosen:
            print("--only " + " | ".join(check.name for check in CHECKS))
            return 2
    elif words:
        chosen = tuple(check for check in CHECKS if check.name == "pytest")
    results = [(check.name, *run(check, further)) for check in chosen]
    print(f"\n{'':2}{'check':12}{'seconds':>8}  counts")
    for name, status, counts, seconds in results:
        print(f"{'✓' if status == 0 else '✗':2}{name:12}{seconds:8.1f}  {counts or f'exit {status}'}")
    failed = [name for name, status, _, _ in results if status != 0]
    total = sum(seconds for *_, seconds in results)
    print(
        f"{len(results) - len(failed)} of {len(results)} passed in {total:.0f} s"
        + (f"; failed: {', '.join(failed)}" if failed else "")
    )
    return 1 if failed else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    sys.exit(main(sys.argv[1:]))
