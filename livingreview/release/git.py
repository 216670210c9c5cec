"""Run git, and turn its refusals into messages."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Git:
    """Git in one folder.

    Parameters
    ----------
    root : the working folder of a repository

    Raises
    ------
    ValueError
        When the folder is no repository of its own.
    """

    def __init__(self, root: Path):
        self.root = Path(root)
        if not (self.root / ".git").exists():
            raise ValueError(f"{root}: not a git repository; a version needs a commit")

    def __call__(self, *words: str) -> str:
        """Run a command and return what it prints."""
        return self.bytes(*words).decode("utf-8", "replace").strip()

    def bytes(self, *words: str) -> bytes:
        """Run a command and return what it prints, byte for byte."""
        done = self._run(words)
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip()
            raise ValueError(f"git {' '.join(words[:2])}: {said or f'exit {done.returncode}'}")
        return done.stdout

    def runs(self, *words: str) -> bool:
        """Return whether a command succeeds."""
        return self._run(words).returncode == 0

    def _run(self, words) -> subprocess.CompletedProcess:
        # In a session of its own: Ctrl-C must not stop git halfway, which would leave its locks behind.
        return subprocess.run(["git", *words], cwd=self.root, capture_output=True, start_new_session=True)

    def commit(self, name: str) -> str:
        """Return the commit that a name stands for; empty when there is none."""
        found = self._run(["rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"])
        return found.stdout.decode().strip()

    @property
    def is_shallow(self) -> bool:
        """Whether the clone lacks the older commits."""
        return self("rev-parse", "--is-shallow-repository") == "true"

    @contextmanager
    def worktree(self, commit: str, folder: Path) -> Iterator[Path]:
        """Check a commit out into a folder of its own, which is removed afterwards.

        What a run that was killed left there is removed first.
        """
        self._remove(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        self("worktree", "add", "--quiet", "--force", "--detach", str(folder), commit)
        try:
            yield folder
        finally:
            self._remove(folder)

    def _remove(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self("worktree", "prune")


def clean_environment(**more: str) -> dict[str, str]:
    """Return the environment without what would change the result of a build."""
    left_out = {"SOURCE_DATE_EPOCH", "DRAFT", "PYTHONPATH", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"}
    return {name: value for name, value in os.environ.items() if name not in left_out} | more
