"""The processes of this package: how each is started, what it may import, what limits it has.

A process that parses, draws or runs a query is a Python of its own, and the folder in which the
command was started may hold files of strangers: a ``json.py`` there must not be imported. So that
folder is never on the import path of a process started here, whatever the environment says of it.
"""

from __future__ import annotations

import os
import signal
import site
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

# As imported, before anyone can change the working folder.
_HOME = os.path.abspath(Path(__file__).parents[1])  # noqa: PTH100 - a link stays a link
# Python takes these for folders of code, relative to the working folder if they are relative.
_FOLDERS = ("PYTHONHOME", "PYTHONUSERBASE", "PYTHONPYCACHEPREFIX")
# Files that Python runs and modules that it imports by itself, and a prompt at the end.
_HOOKS = ("PYTHONSTARTUP", "PYTHONINSPECT", "PYTHONBREAKPOINT")
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_WATCH_S = 0.1
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_PARENT_VARIABLE = "RAG_PARENT_PID"


Process = subprocess.Popen[bytes]  # of a child started here


def start(module: str) -> subprocess.Popen[bytes]:
    """Starts ``python -m module`` with unbuffered pipes for its input and output.

    Its standard error is discarded. The caller ends the process and closes the pipes.
    """
    return subprocess.Popen(
        _command(module),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
        bufsize=0,
    )


def run(
    module: str,
    data: bytes,
    *,
    timeout: float,
    on_start: Callable[[subprocess.Popen[bytes]], None] = lambda _: None,
) -> subprocess.CompletedProcess[bytes]:
    """Runs ``python -m module`` to its end, ``data`` being its input.

    Args:
        module: A module of this package.
        data: What it reads from standard input.
        timeout: Seconds until it is killed.
        on_start: Called with the process, which its caller may kill.

    Returns:
        Its exit code and what it wrote.

    Raises:
        subprocess.TimeoutExpired: It took longer; it has been killed.
    """
    command = _command(module)
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as process:
        on_start(process)
        try:
            output, errors = process.communicate(data, timeout=timeout)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


def exit_with_parent() -> None:
    """Ends this process when the one that started it ends, however that ends (Linux)."""
    if sys.platform != "linux":
        return
    import ctypes

    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    parent = os.environ.get(_PARENT_VARIABLE)
    if parent is not None and parent != str(os.getppid()):  # it ended before the call
        os._exit(1)


def environment() -> dict[str, str]:
    """The environment of a process started here.

    That of this process, with two differences. Libraries for arithmetic use one thread each, as
    several processes share the machine. What Python would import from, or run by itself, is only
    what absolute paths name: an empty entry of ``PYTHONPATH``, as in ``PYTHONPATH=/lib:``, means
    the working folder.
    """
    ignored = sys.flags.ignore_environment  # python -E, python -I
    variables = {
        name: value
        for name, value in os.environ.items()
        if not (name in _HOOKS or (name.startswith("PYTHON") and ignored))
    }
    for name in _FOLDERS:
        # PYTHONHOME may be two folders, prefix:exec_prefix.
        if not all(map(os.path.isabs, variables.get(name, "").split(os.pathsep))):
            variables.pop(name, None)
    entries = filter(os.path.isabs, variables.pop("PYTHONPATH", "").split(os.pathsep))
    # Packages of an installation come behind the standard library, where Python puts them itself.
    own = [] if _HOME in _installed() else [_HOME]
    if paths := list(dict.fromkeys([*own, *entries])):
        variables["PYTHONPATH"] = os.pathsep.join(paths)
    variables[_PARENT_VARIABLE] = str(os.getpid())
    return variables | dict.fromkeys(_THREADS, "1")


def limit_process(
    *,
    memory_bytes: int | None = None,
    cpu_seconds: int | None = None,
    permanent: bool = False,
) -> None:
    """Limits this process, as far as the system can; a process calls it for itself.

    A limit that is already lower stays. No core is dumped.

    Args:
        memory_bytes: Most address space; where that has no limit (macOS), most resident memory,
            past which the process is killed.
        cpu_seconds: Most processor time since its start.
        permanent: The limits cannot be raised again. Otherwise a later call may change them.
    """
    try:
        import resource
    except ImportError:  # not POSIX: the process that started this one still has its timeout
        return

    def set_limit(kind: int, value: int) -> bool:
        hard = resource.getrlimit(kind)[1]
        soft = value if hard == resource.RLIM_INFINITY else min(value, hard)
        try:
            resource.setrlimit(kind, (soft, soft if permanent else hard))
        except (ValueError, OSError):
            return False
        return True

    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if cpu_seconds is not None:
        set_limit(resource.RLIMIT_CPU, cpu_seconds)
    if memory_bytes is not None and not set_limit(resource.RLIMIT_AS, memory_bytes):
        _Watch.limit(memory_bytes)


class _Watch(threading.Thread):
    """Kills this process when it holds too much memory, where the system does not refuse it."""

    _running: _Watch | None = None

    def __init__(self, memory_bytes: int) -> None:
        super().__init__(name="memory-limit", daemon=True)
        self.memory_bytes = memory_bytes

    @classmethod
    def limit(cls, memory_bytes: int) -> None:
        if cls._running is None:
            cls._running = cls(memory_bytes)
            cls._running.start()
        cls._running.memory_bytes = memory_bytes

    def run(self) -> None:
        import resource

        unit = 1 if sys.platform == "darwin" else 1024

        def peak_bytes() -> int:
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit

        # The peak begins with that of the process this one was forked from.
        limit = max(self.memory_bytes, peak_bytes())
        while True:
            resident = _resident_bytes()
            if (resident or 0) > self.memory_bytes or (resident is None and peak_bytes() > limit):
                os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(_WATCH_S)


def _resident_bytes() -> int | None:
    """What this process holds in memory now; None where the system does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - no pathlib here
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None


def _command(module: str) -> list[str]:
    # -P: no folder in front of the import path. -s: no packages of the user's if we have none.
    flags = ["-P", "-s"] if sys.flags.no_user_site else ["-P"]
    return [sys.executable, *flags, "-m", module]


def _installed() -> list[str]:
    """The folders of installed packages that Python searches by itself."""
    user = [site.getusersitepackages()] if site.ENABLE_USER_SITE else []
    return [*site.getsitepackages(), *user]
