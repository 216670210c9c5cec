"""Declares the commands: a function that is handed the values of its arguments, with help and an example."""

import argparse
from collections.abc import Callable
from pathlib import Path


def command(summary: str, *arguments: Callable, example: str = "", root: bool = True):
    """Make a function a command of its name.

    Parameters
    ----------
    summary : its line in the help
    arguments : each adds something to the command's parser; see `argument` and `one_of`
    example : what stands behind the command's name in an example
    root : whether it works in a review, and is handed the review's folder

    Returns
    -------
    decorator of a function that returns the exit code; None is 0
    """

    def declare(run: Callable) -> Callable:
        def add_command(commands) -> None:
            parser = commands.add_parser(
                run.__name__,
                help=summary,
                description=f"{summary[0].upper()}{summary[1:]}.",
                epilog=f"Example: python -m livingreview {run.__name__} {example}".rstrip(),
            )
            if root:
                parser.add_argument(
                    "--root", type=Path, help="folder of the review (default: the one around this folder)"
                )
            for add in arguments:
                add(parser)
            parser.set_defaults(run=run)

        run.add_command = add_command
        return run

    return declare


def argument(*names: str, **options) -> Callable:
    """Describe an argument as argparse takes it."""
    return lambda parser: parser.add_argument(*names, **options)


def one_of(*arguments: Callable, required: bool = False) -> Callable:
    """Describe arguments that exclude each other."""

    def add(parser) -> None:
        group = parser.add_mutually_exclusive_group(required=required)
        for each in arguments:
            each(group)

    return add


def existing(text: str) -> Path:
    """Read the path of a file that must be there."""
    path = Path(text)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"expected a file, found none: {text}")
    return path


def say(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)
