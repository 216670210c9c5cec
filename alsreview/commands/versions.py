"""Commands that cut versions, lay them out, and tell them apart."""

import os
import subprocess
import sys
from pathlib import Path

from alsreview.commands.parts import command, say
from alsreview.evidence import find_root

CITATIONS = ("apa", "vancouver", "bibtex", "ris", "csl-json", "cff")


def register(commands) -> None:
    """Add the commands that cut versions, lay them out, and tell them apart."""
    release = command(
        commands, "release", _release, "release a version: commit, build, archive, tag", "2026.1"
    )
    release.add_argument("version", help="year.number, the next in order")
    release.add_argument("--dry-run", action="store_true", help="do everything in a copy, and discard it")
    site = command(commands, "site", _site, "make one site of all archived versions")
    site.add_argument("--url", default="", help="address of the site (default: that of CITATION.cff)")
    site.add_argument("--out", type=Path, help="folder of the site (default: _build/site)")
    verify = command(
        commands,
        "verify",
        _verify,
        "verify which version a file or site is, and list differences",
        "als-review.pdf",
    )
    verify.add_argument("target", help="a file, an archive, a folder, or the address of a version's folder")
    cite = command(commands, "cite", _cite, "print the citation of the review or of one of its versions")
    cite.add_argument(
        "version", nargs="?", help="a released version, such as 2026.1 (default: the present state)"
    )
    cite.add_argument("--format", choices=CITATIONS, default="apa", help="its form (default: %(default)s)")
    export = command(commands, "export", _export, "export the data, effects and results", "als-data")
    export.add_argument("folder", type=Path, metavar="DIR", help="new or empty folder, or an earlier export")


def _release(arguments) -> int:
    from alsreview.book import build
    from alsreview.release import Tools, release

    # The commit's own time rules, whatever the caller's environment says.
    os.environ.pop("SOURCE_DATE_EPOCH", None)
    tools = Tools(build=lambda root: build(root, echo=print).html.parent, test=_make_test)
    release(find_root(arguments.root), arguments.version, tools, dry_run=arguments.dry_run, echo=say)
    return 0


def _make_test(root: Path) -> None:
    if subprocess.run(["make", "test"], cwd=root).returncode:
        raise ValueError("the tests fail: nothing was released")


def _site(arguments) -> int:
    from alsreview.book.site import build_site

    print(build_site(arguments.root, arguments.out, url=arguments.url, echo=print).folder)
    return 0


def _verify(arguments) -> int:
    from alsreview.release import verify

    try:
        root = find_root(arguments.root)
    except ValueError:
        root = None  # whoever checks a download need not have the review
    verdicts = verify(arguments.target, root, echo=say)
    for verdict in verdicts:
        print(f"{verdict.what}: {'changed' if verdict.faults else 'as released'}")
        for fault in verdict.faults:
            print(fault, file=sys.stderr)
    return int(any(verdict.faults for verdict in verdicts))


def _cite(arguments) -> int:
    from alsreview.release.cite import cite
    from alsreview.release.past import past_work, present_work

    root = find_root(arguments.root)
    work = past_work(root, arguments.version) if arguments.version else present_work(root)
    print(cite(work, arguments.format).rstrip("\n"))
    return 0


def _export(arguments) -> int:
    from alsreview.release import stamp
    from alsreview.release.export import export

    root = find_root(arguments.root)
    print(export(root, arguments.folder, stamp(root)))
    return 0
