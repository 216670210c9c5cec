"""Cut a version: commit it, build it from that commit, and record what was built.

Both commits are made in a worktree, and the branch moves to them in the last step by ``git merge --ff-only``.
A run that is stopped at any moment leaves the branch and its files as they were, and is simply started again.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from livingreview.evidence import check_evidence, evidence_hash, load_evidence
from livingreview.evidence.citation import CARD
from livingreview.evidence.load import released_versions
from livingreview.evidence.trials import EXAMPLE
from livingreview.facts import review_facts
from livingreview.release.archive import file_digest, inside
from livingreview.release.git import Git
from livingreview.release.rebuild import LOCK, PAGES, Echo, Made, build_version, keep, results_differences
from livingreview.release.records import Record, order, record_faults, write_record
from livingreview.release.results import FOLDER, results, to_text
from livingreview.release.stamp import RELEASE_TITLE, documents
from livingreview.reviews import Review
from livingreview.statements import conclusions, statement_faults

BRANCH = "main"
CHANGELOG = "CHANGELOG.md"
_HEADING = re.compile(r"^## (.+)$", re.M)
_PLAN = f"""Releasing version {{version}} from {BRANCH} at {{commit}}:
  1. check the data, the records and every statement (10 seconds)
  2. write data/releases/{{version}}.csv, {CARD} and {CHANGELOG}, and commit them
  3. build the pages and documents from that commit (1 to 3 minutes)
  4. record their digests in data/releases/{{version}}.yml and {{version}}.sha256, and commit them
The commits are made in a worktree in _build, and {BRANCH} moves to them at the end. If this is interrupted,
nothing has changed: run it again. The tests are not run here (make test); publishing runs them."""


def release(root: Path, version: str, *, dry_run: bool, echo: Echo) -> Record:
    """Cut a version such as ``"2026.1"``.

    With ``dry_run`` everything is made and shown, and the branch stays as it is; ``echo`` is handed one line
    per step.  A version that cannot be released is refused with every reason, and nothing has changed then.
    """
    order(version)  # what is no version has no plan
    git = Git(root)
    base = git.commit("HEAD")
    echo(_PLAN.format(version=version, commit=base[:12]))
    if faults := "\n".join(map(str, _faults(git, version))):
        raise ValueError(faults)
    with git.worktree(base, root / "_build" / "worktrees" / version) as folder:
        copy, day = Git(folder), datetime.now(UTC).date().isoformat()
        _write_release_files(folder, version, day)
        commit = _commit(copy, RELEASE_TITLE.format(version))
        made = build_version(root, folder, version, echo)
        record = Record(version, commit, day, evidence_hash(folder), file_digest(folder / LOCK))
        record = record.with_build(made.build, made.files)
        if faults := "\n".join(_build_faults(copy, record, made)):
            raise ValueError(faults)
        write_record(folder, record)
        recorded = _commit(copy, f"Record version {version}")
        if dry_run:
            echo(copy("diff", "--stat", "--patch", base, recorded, "--", ".", f":!{FOLDER}/*.sha256"))
            echo(f"{_summary(record)}\nThis was a dry run: {BRANCH} has not changed.")
            return record
        if git("status", "--porcelain") or git.commit("HEAD") != base:
            raise ValueError(f"{BRANCH} has changed since the release began; run it again")
        git("merge", "--quiet", "--ff-only", recorded)
        archive = keep(root, record, made)
    echo(f"{_summary(record)}\nThe pages and documents are in {archive.relative_to(root)}")
    echo(f"To publish it: git push origin {BRANCH} (to undo it before that: git reset --keep HEAD~2)")
    return record


def _faults(git: Git, version: str) -> Iterator[object]:
    """Yield every reason against a new version."""
    known = released_versions(git.root)
    year = max([datetime.now(UTC).year, *(order(each)[0] for each in known)])
    number = max((order(each)[1] for each in known if order(each)[0] == year), default=0) + 1
    if version in known:
        yield f"version {version} exists ({FOLDER}/{version}.csv); a version is never overwritten"
    elif version != f"{year}.{number}":
        last = f" after {known[-1]}" if known else ""
        yield f"version {version} is out of order: expected {year}.{number}{last}"
    if (branch := git("branch", "--show-current")) != BRANCH:
        found = branch or "no branch"
        yield f"a version is cut on {BRANCH}, and this is {found}: git switch {BRANCH}"
    if changed := git("status", "--porcelain"):
        yield f"the tree is not clean; commit the changes, or undo them with git restore:\n{changed}"
    if not git.runs("-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT"):
        yield 'git does not know who commits: git config user.name "..."; git config user.email ...'
    if (git.root / "data/trials" / EXAMPLE).exists():
        yield f"data/trials/{EXAMPLE} is invented: remove it, and commit that"
    path = git.root / CHANGELOG
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    _, heading, rest = (_HEADING.split(text, maxsplit=1) + ["", ""])[:3]
    # A number of 0 marks the draft before the first release, which was never one itself.
    if heading != "Unreleased" and not heading.endswith(".0"):
        top = f"'## {heading}'" if heading else "no heading"
        told = f"{CHANGELOG}: expected the heading '## Unreleased' on top, found {top}"
        yield f"{told}: add it with what has changed below it, and commit that"
    elif not _HEADING.split(rest)[0].strip():
        told = f"{CHANGELOG}: expected what has changed below '## {heading}', found nothing"
        yield f"{told}: add it, and commit that"
    evidence = [*check_evidence(git.root), *record_faults(git.root)]
    yield from evidence or statement_faults(git.root, review_facts(Review(git.root)))


def _write_release_files(root: Path, version: str, day: str) -> None:
    """Write what makes the next commit a version: its results, its citation and its changelog."""
    card = root / CARD
    _replace(card, r"^version: .*$", f'version: "{version}"')
    _replace(card, r"^date-released: .*$", f"date-released: {day}")
    # The DOI of the version before is not this one's; that of all versions stands under identifiers.
    card.write_text(re.sub(r"^doi: .*\n", "", card.read_text("utf-8"), flags=re.M), encoding="utf-8")
    _replace(root / CHANGELOG, _HEADING.pattern, f"## {version}")
    frame, said = results(load_evidence(root)), conclusions(root, review_facts(Review(root)))
    frame = frame.assign(bottom_line=frame.analysis_id.map(said), date=day)
    (root / FOLDER).mkdir(exist_ok=True)
    (root / FOLDER / f"{version}.csv").write_text(to_text(frame), encoding="utf-8")


def _replace(path: Path, pattern: str, line: str) -> None:
    """Replace the first line that fits; a file without one is a fault, not a file to leave as it is."""
    text, n = re.subn(pattern, lambda _: line, path.read_text(encoding="utf-8"), count=1, flags=re.M)
    if not n:
        raise ValueError(f"{path.name}: expected a line {line!r} could replace, found none")
    path.write_text(text, encoding="utf-8")


def _commit(git: Git, title: str) -> str:
    git("add", "--all")
    git("commit", "--quiet", f"--message={title}")
    return git.commit("HEAD")


def _build_faults(git: Git, record: Record, made: Made) -> list[str]:
    """List what is wrong with a build: a document that it lacks, changed sources, or other results."""
    faults = [f"{name}: was not built" for name in documents(git.root) if name not in made.files]
    if inside(git.root / PAGES / "index.html") != (record.version, record.evidence_hash):
        faults.append(f"index.html does not name version {record.version} and {record.evidence_hash}")
    if not faults:
        faults += results_differences(git.root, record, made.archive)
    if changed := git("status", "--porcelain"):
        faults.append(f"the build changed its sources:\n{changed}")
    return faults


def _summary(record: Record) -> str:
    lines = [f"Version {record.version}: commit {record.commit[:12]}, evidence {record.evidence_hash}"]
    for name, made in record.builds[0]["documents"].items():
        lines.append(f"  {made['sha256']}  {made['bytes'] / 1e6:6.2f} MB  {name}")
    return "\n".join(lines)
