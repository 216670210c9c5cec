"""Commands that cut versions, build them again, lay them out, cite them and tell them apart."""

import os
import sys
from pathlib import Path

from livingreview.commands.parts import command, existing, say
from livingreview.evidence import find_root

CITATIONS = ("apa", "vancouver", "bibtex", "ris", "csl-json", "cff")
STEPS = ("prepare", "draft", "finish")


def register(commands) -> None:
    """Add the commands that cut versions, build them again, lay them out, cite them and tell them apart."""
    release = command(commands, "release", _release, "cut a version: commit, build and record it", "2026.1")
    release.add_argument("version", help="year.number, the next in order")
    release.add_argument(
        "--dry-run", action="store_true", help="make and show everything, and change nothing"
    )
    rebuild = command(
        commands, "rebuild", _rebuild, "build a version again and compare it with its record", "2026.1"
    )
    rebuild.add_argument(
        "version", nargs="?", help="one that is recorded, or all (default: the present commit, twice)"
    )
    rebuild.add_argument(
        "--add", type=existing, metavar="FILE", help="add a build of another platform to the record"
    )
    site = command(commands, "site", _site, "lay out every recorded version as one site")
    site.add_argument("--url", default="", help="address of the site (default: that of CITATION.cff)")
    site.add_argument("--out", type=Path, help="folder of the site (default: _build/site)")
    publish = command(
        commands, "publish", _publish, "publish recorded versions on GitHub, step by step", "prepare"
    )
    publish.add_argument("step", choices=STEPS, help="what the workflow does next")
    verify = command(
        commands,
        "verify",
        _verify,
        "tell which version something is and which bytes differ",
        "review.pdf",
    )
    verify.add_argument("path", type=Path, help="a document, a CSV file, an archive, or a folder of pages")
    cite = command(commands, "cite", _cite, "cite the review, or one of its versions")
    cite.add_argument(
        "version", nargs="?", help="a recorded one, such as 2026.1 (default: the present state)"
    )
    cite.add_argument("--format", choices=CITATIONS, default="apa", help="its form (default: %(default)s)")
    export = command(commands, "export", _export, "export the data, effects and results", "review-data")
    export.add_argument("folder", type=Path, metavar="DIR", help="new or empty folder")


def _release(arguments) -> int:
    from livingreview.release.cut import release

    # The commit's own time rules, whatever the caller's environment says.
    os.environ.pop("SOURCE_DATE_EPOCH", None)
    release(find_root(arguments.root), arguments.version, dry_run=arguments.dry_run, echo=say)
    return 0


def _rebuild(arguments) -> int:
    from livingreview.release import rebuild
    from livingreview.release.records import read_records

    root, version = find_root(arguments.root), arguments.version
    if arguments.add:
        rebuild.add_build(root, version or "", arguments.add)
        return 0
    if version is None:
        found = rebuild.differences_between_builds(root, say)
        print(*found, sep="\n")
        print("The build is not reproducible." if found else "Every file is the same.")
        return int(bool(found))
    versions = [str(record.version) for record in read_records(root)] if version == "all" else [version]
    faults = []
    for each in versions:
        try:
            rebuild.rebuild(root, each, say)
        except ValueError as error:
            faults.append(str(error))
    print(*faults, sep="\n", file=sys.stderr)
    return int(bool(faults))


def _site(arguments) -> int:
    from livingreview.book.site import build_site

    print(build_site(arguments.root, arguments.out, url=arguments.url, echo=say))
    return 0


def _publish(arguments) -> int:
    from livingreview.release import publish

    publish.STEPS[arguments.step](find_root(arguments.root), say)
    return 0


def _verify(arguments) -> int:
    from livingreview.release.verify import verify

    verdict = verify(arguments.path, find_root(arguments.root))
    print(f"{verdict.verdict}: {verdict.what}")
    for fault in verdict.faults:
        print(fault, file=sys.stderr)
    return int(verdict.verdict != "recorded")


def _cite(arguments) -> int:
    from livingreview.release import stamp
    from livingreview.release.cite import Work, cite, past_work, where_to_get

    root = find_root(arguments.root)
    work = past_work(root, arguments.version) if arguments.version else Work(stamp(root))
    print(cite(work, arguments.format).rstrip("\n"))
    # Not part of the citation, which another program may read.
    what = f"version {work.stamp.version}"
    advice = "" if work.stamp.released else f"This text is an unreleased draft: please cite {what}. "
    print(
        f"{advice}To obtain {what}: {where_to_get(root, work.stamp) or 'it is not recorded here.'}",
        file=sys.stderr,
    )
    return 0


def _export(arguments) -> int:
    from livingreview.release import stamp
    from livingreview.release.export import export

    root = find_root(arguments.root)
    print(export(root, arguments.folder, stamp(root)))
    return 0
