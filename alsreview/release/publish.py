"""Moves branch, tag and files to a finished release, in steps that can be taken again."""

import json
import os
from dataclasses import asdict, dataclass

from alsreview.evidence.files import replace_file
from alsreview.release.git import Git

_JOURNAL = "alsreview-release.json"


@dataclass(frozen=True)
class Step:
    """The one change that a release makes to its repository, noted down before it begins.

    Attributes
    ----------
    version, branch : the version, and the branch it is the next commit of
    old, new : the branch's commit before and after
    tag : the tag object
    """

    version: str
    branch: str
    old: str
    new: str
    tag: str

    def note(self, git: Git) -> None:
        """Write it down, all or nothing."""
        replace_file(git.place(_JOURNAL), json.dumps(asdict(self)).encode())


def read_step(git: Git) -> Step | None:
    """Find the change that a stopped run had begun; one that never reached the branch or tag is forgotten."""
    path = git.place(_JOURNAL)
    if not path.is_file():
        return None
    step = Step(**json.loads(path.read_bytes()))
    begun = git.has(f"refs/tags/{step.version}") or _contains(git, step)
    if not begun:
        forget(git)
        return None
    return step


def forget(git: Git) -> None:
    """Say that the change is done."""
    git.place(_JOURNAL).unlink(missing_ok=True)


def publish(git: Git, step: Step) -> None:
    """Move branch, tag, files and index; every part may have been done before.

    Raises
    ------
    ValueError
        When the branch or a file has changed since; the message says what to do.
    """
    step.note(git)
    if not _contains(git, step):
        if git.commit(f"refs/heads/{step.branch}") != step.old:
            raise ValueError(
                f"{step.branch} has moved since the release of {step.version} began: "
                f"merge its commit {step.new[:12]}, then run the release again"
            )
        # The old value is given too: git then refuses if anybody was faster.
        git("update-ref", f"refs/heads/{step.branch}", step.new, step.old)
    if not git.has(f"refs/tags/{step.version}"):
        git("update-ref", f"refs/tags/{step.version}", step.tag, "")
    _bring_files(git, step)


def _contains(git: Git, step: Step) -> bool:
    """Say whether the branch already holds the release."""
    tip = git.commit(f"refs/heads/{step.branch}")
    if not git.has(step.new):
        return False
    return tip == step.new or step.new == git("merge-base", tip, step.new)


def _bring_files(git: Git, step: Step) -> None:
    """Write the release's files into the working folder, unless somebody has changed one since."""
    if git("branch", "--show-current") != step.branch:
        raise ValueError(f"check out {step.branch}, then run the release of {step.version} again")
    names = git.bytes("diff", "--name-only", "-z", step.old, step.new).decode().split("\0")[:-1]
    now = {name: git.bytes("show", f"{step.new}:{name}") for name in names}
    for name in names:
        path = git.root / name
        if path.exists() and path.read_bytes() not in (now[name], _before(git, step, name)):
            raise ValueError(
                f"{name} was changed while the release was stopped: put it back, then run it again"
            )
    for name in names:
        replace_file(git.root / name, now[name])
    _bring_index(git)


def _before(git: Git, step: Step, name: str) -> bytes | None:
    known = git("ls-tree", "--name-only", step.old, "--", name)
    return git.bytes("show", f"{step.old}:{name}") if known else None


def _bring_index(git: Git) -> None:
    """Replace git's index whole, so that no lock of its own is left when this is stopped."""
    index, fresh = git.place("index"), git.place("alsreview-index")
    git("read-tree", "HEAD", GIT_INDEX_FILE=str(fresh.resolve()))
    git("update-index", "-q", "--refresh", GIT_INDEX_FILE=str(fresh.resolve()))
    os.replace(fresh, index)
