"""How a worker's process ends."""

from __future__ import annotations

import atexit
import os
import sys
import threading
import traceback
from typing import NoReturn

from ..logs.outbox import Outbox


def flush_streams() -> None:
    """Send what was printed without a newline."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # noqa: S112  # the script put something of its own there
            continue


def end_process(code: int, outbox: Outbox) -> NoReturn:
    """End now, from whichever thread; what was logged is sent first."""
    # Not by sys.exit: a thread that a script left running would keep the process for ever.
    if threading.current_thread() is threading.main_thread():
        try:
            atexit._run_exitfuncs()
        except BaseException:
            traceback.print_exc()
    flush_streams()
    outbox.flush(1.0)
    os._exit(code)


def end_own_group() -> NoReturn:
    """The supervisor is gone: nothing may stay behind, neither this process nor what the script started."""
    if os.name != "nt":
        import signal

        try:
            if os.getpgid(0) == os.getpid():
                os.killpg(0, signal.SIGKILL)
        except OSError:
            pass
    os._exit(1)
