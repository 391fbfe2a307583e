"""The life line between a supervisor and its children: a pipe that closes when the supervisor dies.

The kernel closes it however the supervisor ends. (Linux's own parent-death signal comes when the
*thread* that started the child ends, and not at all elsewhere.)
"""

import os
import signal
import threading
import time

# Not BOKFLOW_…: it is no setting of the engine's.
LIFE_LINE_VARIABLE = "SUPERVISOR_LIFE_LINE"
GRACE_SECONDS = 30.0


def end_with_parent(*, grace_seconds: float = GRACE_SECONDS) -> None:
    """Called once by a child: it gets a SIGTERM when its supervisor is gone, and later a SIGKILL.

    Without a supervisor nothing happens.
    """
    descriptor = os.environ.pop(LIFE_LINE_VARIABLE, None)
    if descriptor is None:
        return
    os.set_inheritable(int(descriptor), False)
    threading.Thread(
        target=_end_at_the_end_of,
        args=(int(descriptor), grace_seconds),
        name="end_with_parent",
        daemon=True,
    ).start()


def _end_at_the_end_of(descriptor: int, grace_seconds: float) -> None:
    os.read(descriptor, 1)  # Nobody ever writes.
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(grace_seconds)
    os.kill(os.getpid(), signal.SIGKILL)
