"""A supervisor in small, for tests that kill it; the child ends with it, or on purpose does not."""

import sys
import threading
from pathlib import Path

from streams.embedded.supervisor import Child, Supervisor

ENDS_WITH_PARENT = """
import signal
from streams.embedded.parent import end_with_parent
end_with_parent(grace_seconds=5)
signal.pause()
"""
OUTLIVES_PARENT = "import signal; signal.pause()"


def child(name: str) -> Child:
    program = ENDS_WITH_PARENT if name == "loyal" else OUTLIVES_PARENT
    return Child(name=name, command=(sys.executable, "-c", program))


def main() -> None:
    data_dir, name = Path(sys.argv[1]), sys.argv[2]
    supervisor = Supervisor(data_dir, [child(name)], on_exit=lambda exited: None)
    supervisor.start()
    sys.stdout.write(f"{supervisor.pids()[name]}\n")
    sys.stdout.flush()
    supervisor.run_until(threading.Event())


if __name__ == "__main__":
    main()
