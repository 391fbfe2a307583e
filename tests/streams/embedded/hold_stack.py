"""An `up` process in small, for tests that kill it: holds a stack until it is killed."""

import signal
import sys
from pathlib import Path

from streams.embedded.stack import Stack


def main() -> None:
    Stack(Path(sys.argv[1])).start(lambda line: None)
    sys.stdout.write("started\n")
    sys.stdout.flush()
    signal.pause()


if __name__ == "__main__":
    main()
