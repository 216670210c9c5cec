"""What every command of the command line has: a folder, help with an example, exact numbers."""

import argparse
from pathlib import Path


def command(
    commands, name: str, run, summary: str, example: str = "", *, root: bool = True
) -> argparse.ArgumentParser:
    made = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"Example: python -m livingreview {name} {example}".rstrip(),
    )
    if root:
        made.add_argument(
            "--root", type=Path, help="folder of the review (default: the one around this folder)"
        )
    made.set_defaults(run=run)
    return made


def port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"expected a port from 0 to 65535, found {text!r}")
    return int(text)


def positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"expected a whole number above 0, found {text!r}")
    return int(text)


def existing(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"expected a file, found none: {text}")
    return path


def say(line: str) -> None:
    print(line, flush=True)
