"""Where the `bokflow` command starts: loading it takes a moment, in which Ctrl-C may come."""

import sys


def main() -> None:
    """Loads and runs the command line."""
    try:
        from streams.command_line.main import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(130)  # As streams/command_line/refusal.py has it, which may not be loaded yet.
