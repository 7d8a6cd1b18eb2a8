"""
What the subprocess may do: read the upload and the libraries, write its scratch folder, and nothing else.

Three fences, each of which the kernel holds and none of which needs a privilege: limits of memory, time and
written bytes; Landlock for the file system (Linux 5.13 on); a seccomp filter that refuses sockets and other
programs. Where a kernel lacks one, the others and the settings of GDAL remain.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import struct
import sysconfig
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 22, 38

# linux/landlock.h
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_FS_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}  # version → number of rights
_FILE_RIGHTS = _EXECUTE | _WRITE_FILE | _READ_FILE | 1 << 14

#: Machine → its number for audit, and its numbers of: socket, socketpair, connect, execve, execveat, ptrace,
#: process_vm_readv, io_uring_setup (linux/audit.h, asm/unistd.h).
_CALLS = {
    "x86_64": (0xC000003E, (41, 53, 42, 59, 322, 101, 310, 425)),
    "aarch64": (0xC00000B7, (198, 199, 203, 221, 281, 117, 270, 425)),
}


def limit(memory_mb: int, limit_s: int, written_bytes: int) -> None:
    """Limit private memory (what is resident, but for libraries), processor time and each written file."""
    memory = memory_mb * 1_000_000
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s))
    resource.setrlimit(resource.RLIMIT_FSIZE, (written_bytes, written_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # writing answers EFBIG instead
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # nobody waits for us: end
    _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def close_files(readable: Iterable[Path], writable: Path) -> bool:
    """Let nothing be opened but these, the libraries and the scratch folder; answer whether that holds."""
    version = _LIBC.syscall(_CREATE_RULESET, None, 0, 1)
    if version < 1:
        return False
    every = (1 << _FS_RIGHTS.get(version, 16)) - 1
    handled = struct.pack("QQ", every, 0b11 if version >= 4 else 0)  # and no TCP
    ruleset = _LIBC.syscall(_CREATE_RULESET, handled, 16 if version >= 4 else 8, 0)
    if ruleset < 0:
        return False
    for path in (*readable, *_libraries()):
        _allow(ruleset, path, _READ_FILE | _READ_DIR)
    _allow(ruleset, Path("/dev/null"), _READ_FILE | _WRITE_FILE)
    _allow(ruleset, writable, every & ~_EXECUTE)
    done = _LIBC.syscall(_RESTRICT_SELF, ruleset, 0) == 0
    os.close(ruleset)
    return done


def _libraries() -> list[Path]:
    paths = sysconfig.get_paths()
    found = {Path(paths[name]) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    found |= {Path(root) for root in ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib")}
    found |= {
        Path("/etc/ld.so.cache"),
        Path("/dev/urandom"),
        Path("/usr/share/zoneinfo"),
        Path(__file__).parent,
    }
    return [path for path in found if path.exists()]


def _allow(ruleset: int, path: Path, rights: int) -> None:
    with suppress(OSError):
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
        if not path.is_dir():
            rights &= _FILE_RIGHTS
        rule = struct.pack("=Qi", rights, handle)
        _LIBC.syscall(_ADD_RULE, ruleset, 1, rule, 0)
        os.close(handle)


def close_network() -> bool:
    """Refuse sockets, other programs and the memory of others; answer whether that holds."""
    if platform.system() != "Linux" or platform.machine() not in _CALLS:
        return False
    audit, calls = _CALLS[platform.machine()]
    # struct sock_filter: code, jump if true, if false, value. 0x20 loads, 0x15 is =, 0x35 ≥, 0x06 ends.
    refuse, kill, allow = 0x00050000 | 1, 0x80000000, 0x7FFF0000  # EPERM
    n = len(calls)
    lines = [(0x20, 0, 0, 4), (0x15, 1, 0, audit), (0x06, 0, 0, kill), (0x20, 0, 0, 0)]
    lines += [(0x35, n + 1, 0, 0x40000000)]  # the x32 calls of x86_64
    lines += [(0x15, n - i, 0, call) for i, call in enumerate(calls)]
    lines += [(0x06, 0, 0, allow), (0x06, 0, 0, refuse)]
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in lines))
    header = struct.pack("HxxxxxxP", len(lines), ctypes.addressof(program))
    return _LIBC.prctl(_PR_SET_SECCOMP, 2, ctypes.c_char_p(header), 0, 0) == 0
