"""The command line: checks the evidence, builds the book, keeps it living, and keeps its versions."""

import argparse
import sys

from livingreview.commands import GROUPS
from livingreview.schema import DataError


def main(argv: list[str] | None = None) -> int:
    """Run one command; 0 is well, 1 means that the data or the request are at fault, 2 wrong usage."""
    arguments = make_parser().parse_args(argv)
    try:
        return arguments.run(arguments)
    except (DataError, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def make_parser() -> argparse.ArgumentParser:
    """Make the parser of every command."""
    parser = argparse.ArgumentParser(
        prog="livingreview",
        description="A living systematic review: its evidence, its statistics, its book.",
        epilog="Example: python -m livingreview check",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for group in GROUPS:
        group.register(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
