"""Commands that cut versions, build them again, lay them out, cite them and tell them apart."""

import sys
from pathlib import Path

from livingreview.commands import argument, command, existing, say

CITATIONS = ("apa", "vancouver", "bibtex", "ris", "csl-json", "cff")


@command(
    "cut a version: commit, build and record it",
    argument("version", help="year.number, the next in order"),
    argument("--dry-run", action="store_true", help="make and show everything, and change nothing"),
    example="2026.1",
)
def release(root, version, dry_run):
    from livingreview.release.cut import release

    release(root, version, dry_run=dry_run, echo=say)


@command(
    "build a version again and compare it with its record",
    argument("version", nargs="?", help="one that is recorded, or all (default: the present commit, twice)"),
    argument("--add", type=existing, metavar="FILE", help="add a build of another platform to the record"),
    example="2026.1",
)
def rebuild(root, version, add):
    from livingreview.release import rebuild
    from livingreview.release.records import read_records

    if add:
        rebuild.add_build(root, version or "", add)
        return 0
    if version is None:
        found = rebuild.differences_between_builds(root, say)
        print(*found, sep="\n")
        print("The build is not reproducible." if found else "Every file is the same.")
        return int(bool(found))
    versions = [record.version for record in read_records(root)] if version == "all" else [version]
    faults = []
    for each in versions:
        try:
            rebuild.rebuild(root, each, say)
        except ValueError as error:
            faults.append(str(error))
    print(*faults, sep="\n", file=sys.stderr)
    return int(bool(faults))


@command(
    "lay out every recorded version as one site",
    argument("--url", default="", help="address of the site (default: that of CITATION.cff)"),
    argument("--out", type=Path, help="folder of the site (default: _build/site)"),
)
def site(root, url, out):
    from livingreview.book.site import build_site

    print(build_site(root, out, url=url, echo=say))


@command(
    "publish recorded versions on GitHub, step by step",
    argument("step", choices=("prepare", "draft", "finish"), help="what the workflow does next"),
    example="prepare",
)
def publish(root, step):
    from livingreview.release import publish

    publish.STEPS[step](root, say)


@command(
    "tell which version something is and which bytes differ",
    argument("path", type=Path, help="a document, a CSV file, an archive, or a folder of pages"),
    example="review.pdf",
)
def verify(root, path):
    from livingreview.release.archive import verify

    verdict = verify(path, root)
    print(f"{verdict.verdict}: {verdict.what}")
    for fault in verdict.faults:
        print(fault, file=sys.stderr)
    return int(verdict.verdict != "recorded")


@command(
    "cite the review, or one of its versions",
    argument("version", nargs="?", help="a recorded one, such as 2026.1 (default: the present state)"),
    argument("--format", choices=CITATIONS, default="apa", help="its form (default: %(default)s)"),
)
def cite(root, version, format):
    from livingreview.release import stamp
    from livingreview.release.cite import Work, cite, past_work, status

    work = past_work(root, version) if version else Work(stamp(root))
    print(cite(work, format).rstrip("\n"))
    # Not part of the citation, which another program may read.
    print(status(root, work.stamp), file=sys.stderr)


@command(
    "export the data, effects and results",
    argument("folder", type=Path, metavar="DIR", help="new or empty folder"),
    example="review-data",
)
def export(root, folder):
    from livingreview.release import stamp
    from livingreview.release.export import export

    print(export(root, folder, stamp(root)))
