"""Run git, and turn its refusals into messages."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Git:
    """Git in one folder, which must be a repository of its own."""

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
        return self._run(["rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"]).stdout.decode().strip()

    @contextmanager
    def worktree(self, commit: str, folder: Path) -> Iterator[Path]:
        """Check a commit out into a folder, which is removed afterwards and whenever a run was killed."""
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
