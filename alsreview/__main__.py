"""The command line: checks the evidence, builds the book and shows it."""

import argparse
import sys
from pathlib import Path

from alsreview.evidence import check_evidence, evidence_hash, find_root
from alsreview.formats import count
from alsreview.schema import DataError


def main(argv: list[str] | None = None) -> int:
    """Run one command; 0 is well, 1 means that the data or the request are at fault, 2 wrong usage."""
    arguments = _parser().parse_args(argv)
    try:
        return arguments.run(arguments)
    except (DataError, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="alsreview",
        description="The living review of exercise and brain stimulation in ALS.",
        epilog="Example: python -m alsreview check",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _command(commands, "check", _check, "check every file of data/ and list what is wrong")
    build = _command(commands, "build", _build, "check the data, then build the pages and the PDF")
    build.add_argument("--no-pdf", action="store_true", help="build the pages only")
    serve = _command(commands, "serve", _serve, "show the built book on this machine")
    serve.add_argument("--port", type=_port, default=8000, help="port on localhost (default: %(default)s)")
    return parser


def _command(commands, name: str, run, summary: str) -> argparse.ArgumentParser:
    command = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"Example: python -m alsreview {name}",
    )
    command.add_argument(
        "--root", type=Path, help="folder of the review (default: the one around this folder)"
    )
    command.set_defaults(run=run)
    return command


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"expected a port from 0 to 65535, found {text!r}")
    return int(text)


def _check(arguments) -> int:
    root = find_root(arguments.root)
    faults = check_evidence(root)
    for fault in faults:
        print(fault)
    if faults:
        files = len({fault.path for fault in faults})
        print(f"{count(len(faults), 'fault')} in {count(files, 'file')}", file=sys.stderr)
        return 1
    print(f"The evidence is well formed; its hash is {evidence_hash(root)}.")
    return 0


def _build(arguments) -> int:
    root = find_root(arguments.root)
    if _check(arguments):
        print("Nothing was built: correct the data first.", file=sys.stderr)
        return 1
    # Sphinx takes a second to import; the other commands need not wait for it.
    from alsreview.book import build

    built = build(root, pdf=not arguments.no_pdf, echo=print)
    for part, seconds in built.seconds.items():
        print(f"{part:<10} {seconds:6.1f} s")
    print(*[path for path in (built.html, built.pdf) if path], sep="\n")
    return 0


def _serve(arguments) -> int:
    from alsreview.book import serve

    serve(find_root(arguments.root), arguments.port, echo=print)
    return 0


if __name__ == "__main__":
    sys.exit(main())
