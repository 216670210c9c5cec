"""The command line: checks the evidence, builds the book, keeps it living, and keeps its versions."""

import argparse
import os
import sys

from livingreview.commands import living, review, versions
from livingreview.evidence import find_root
from livingreview.schema import DataError


def main(argv: list[str] | None = None) -> int:
    """Run one command; 0 is well, 1 means that the data or the request are at fault, 2 wrong usage."""
    values = vars(make_parser().parse_args(argv))
    run = values.pop("run")
    try:
        if "root" in values:
            values["root"] = find_root(values["root"])
        code = run(**values) or 0
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Whoever reads has seen enough, as `head` has.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
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
    for module in (review, living, versions):
        for function in vars(module).values():
            if hasattr(function, "add_command"):
                function.add_command(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
