"""Run git, and turn its refusals into messages."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def run(*words: str, folder: Path | None = None, env: dict[str, str] | None = None) -> bytes:
    """Run a program and return what it prints; where it fails, raise with what it says."""
    try:
        # In a session of its own: Ctrl-C must not stop git halfway, which would leave its locks behind.
        done = subprocess.run(words, cwd=folder, env=env, capture_output=True, start_new_session=True)
    except FileNotFoundError:
        raise ValueError(f"{words[0]}: not found; install it") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise ValueError(f"{' '.join(words[:3])}: {said or f'exit {done.returncode}'}")
    return done.stdout


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
        return run("git", *words, folder=self.root)

    def runs(self, *words: str) -> bool:
        """Return whether a command succeeds."""
        try:
            self.bytes(*words)
        except ValueError:
            return False
        return True

    def commit(self, name: str) -> str:
        """Return the commit that a name stands for; empty when there is none."""
        try:
            return self("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        except ValueError:
            return ""

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
