"""Cuts a version: everything is made in a copy first, so that until the last step nothing has changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from alsreview.evidence import check_evidence
from alsreview.release.archive import FOLDER
from alsreview.release.copy import Echo, Tools, checkout_copy, commit_copy, pack_copy, sweep, workshop
from alsreview.release.files import changelog_fault
from alsreview.release.git import Git
from alsreview.release.manifest import Manifest
from alsreview.release.publish import Step, forget, publish, read_step
from alsreview.release.results import FOLDER as RESULTS
from alsreview.release.stamp import RELEASE_TITLE
from alsreview.release.versions import Version, next_version, parse_version


def release(root: Path, version: str, tools: Tools, *, dry_run: bool = False, echo: Echo) -> Path | None:
    """Cut a version: commit, build, pack and tag it.

    A run that was stopped is finished by the next one; a version that is tagged but has no archive
    here, as on the machine that publishes, is built again from its commit.

    Parameters
    ----------
    root : folder of the review, a git repository
    version : such as ``"2026.1"``
    tools : how to build and to test
    dry_run : do everything in the copy, then throw it away
    echo : is handed one line per step

    Returns
    -------
    Path or None
        The folder with the archive, its PDF, its data, manifest and checksums; None after a dry run.

    Raises
    ------
    ValueError
        With every reason why it cannot be, nothing changed.
    """
    wanted, git = parse_version(version), Git(root)
    with _alone(git):
        sweep(root)
        stopped = read_step(git)
        if stopped and stopped.version != version:
            raise ValueError(
                f"the release of {stopped.version} was stopped: finish it first, with its command"
            )
        if stopped or git.has(f"refs/tags/{version}"):
            return _complete(git, version, stopped, tools, echo)
        _refuse(git, wanted)
        echo("Running the tests")
        tools.test(root)
        return _cut(git, version, tools, dry_run, echo)


def _refuse(git: Git, wanted: Version) -> None:
    """Collect every reason against a new version."""
    version, faults = str(wanted), []
    title = RELEASE_TITLE.format(version).replace(".", "[.]")
    old = git("log", "-1", "--format=%H", f"--grep=^{title}$")
    known = known_versions(git)
    expected = next_version(known, max([datetime.now(UTC).year, *(each.year for each in known)]))
    if old or wanted in known:
        where = f"git tag {version} {old}" if old else "git fetch --tags"
        faults.append(f"version {version} exists but its tag is missing here: {where}")
    elif wanted != expected:
        last = f" after {max(known)}" if known else ""
        faults.append(f"version {version} is out of order: expected {expected}{last}")
    if changed := git("status", "--porcelain"):
        faults.append(f"the tree is not clean; commit or remove first:\n{changed}")
    if not git("branch", "--show-current"):
        faults.append("no branch is checked out: a version is the next commit of a branch")
    faults += filter(None, [changelog_fault(git.root), _nobody(git)])
    faults += map(str, check_evidence(git.root))
    if faults:
        raise ValueError("\n".join(faults))


def _nobody(git: Git) -> str:
    try:
        return "" if git("config", "user.name") and git("config", "user.email") else "git has an empty name"
    except ValueError:
        return "git does not know who commits: git config user.name ..., git config user.email ..."


def known_versions(git: Git) -> list[Version]:
    """List the versions that tags or kept results tell of, oldest first."""
    names = {path.stem for path in (git.root / RESULTS).glob("*.csv")} | set(git("tag", "--list").split())
    found = set()
    for name in names:
        try:
            found.add(parse_version(name))
        except ValueError:
            continue  # a tag may also mark something else
    return sorted(found)


def _cut(git: Git, version: str, tools: Tools, dry_run: bool, echo: Echo) -> Path | None:
    with workshop(git.root) as making:
        echo(f"Writing version {version} in a copy")
        copy = commit_copy(git, version, making)
        made, manifest = pack_copy(copy, tools, making, echo)
        new = copy.commit("HEAD")
        if dry_run:
            echo(copy("show", "--stat", "--patch", "--format=%s", new))
            echo(_summary(manifest) + "\nNothing was changed: this was a dry run.")
            return None
        echo("Committing and tagging")
        git("fetch", "--quiet", str(copy.root), f"refs/tags/{version}")
        branch = git("branch", "--show-current")
        step = Step(version, branch, git.commit("HEAD"), new, git("rev-parse", "FETCH_HEAD"))
        publish(git, step)
        return _deliver(git, version, made, manifest, echo)


def _complete(git: Git, version: str, stopped: Step | None, tools: Tools, echo: Echo) -> Path:
    """Finish a stopped run, or build the archive of a tagged version that has none here."""
    if stopped:
        echo(f"Finishing the release of {version} that was stopped")
        publish(git, stopped)
    folder = git.root / FOLDER / version
    if folder.exists():
        if stopped:
            forget(git)
            return folder
        raise ValueError(f"version {version} exists ({folder}); versions are never overwritten")
    title = git("log", "-1", "--format=%s", f"refs/tags/{version}")
    if title != RELEASE_TITLE.format(version):
        raise ValueError(f"tag {version} is on the commit {title!r}, which is not the release of {version}")
    with workshop(git.root) as making:
        echo(f"Building version {version} from its commit")
        copy = checkout_copy(git, version, making)
        made, manifest = pack_copy(copy, tools, making, echo)
        return _deliver(git, version, made, manifest, echo)


def _deliver(git: Git, version: str, made: Path, manifest: Manifest, echo: Echo) -> Path:
    folder = git.root / FOLDER / version
    made.rename(folder)
    forget(git)
    echo(_summary(manifest))
    branch = git("branch", "--show-current")
    if branch:
        echo(f"To publish it: git push --atomic origin {branch} {version}")
    return folder


def _summary(manifest: Manifest) -> str:
    size = sum(manifest.sizes.values()) / 1e6
    return (
        f"Version {manifest.version} of {manifest.date}: {len(manifest.files)} files, {size:.1f} MB, "
        f"evidence {manifest.evidence_hash}, commit {manifest.commit[:12]}"
    )


@contextmanager
def _alone(git: Git) -> Iterator[None]:
    """Keep a second release out for as long as this one runs, however it ends."""
    import fcntl  # not on every system, and nothing else here needs it

    with git.place("alsreview-release.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError("another release is running in this repository; wait for it to end") from None
        yield
