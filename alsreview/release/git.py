"""Runs git and turns its refusals into messages."""

import os
import subprocess
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

    def __call__(self, *words: str, **environment: str) -> str:
        """Run a command and return what it says."""
        return self.bytes(*words, **environment).decode("utf-8", "replace").strip()

    def bytes(self, *words: str, **environment: str) -> bytes:
        """Run a command and return what it writes, byte for byte."""
        done = subprocess.run(
            ["git", *words],
            cwd=self.root,
            env={**os.environ, **environment},
            capture_output=True,
            # Who stops us must not stop git halfway: it would leave its locks behind.
            start_new_session=True,
        )
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip()
            raise ValueError(f"git {' '.join(words[:2])}: {said or f'exit {done.returncode}'}")
        return done.stdout

    def has(self, name: str) -> bool:
        """Say whether a name, such as ``refs/tags/2026.1``, stands for a commit."""
        return bool(self.commit(name))

    def commit(self, name: str) -> str:
        """Return the commit that a name stands for; nothing when there is none."""
        words = ["git", "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"]
        done = subprocess.run(words, cwd=self.root, capture_output=True, text=True)
        return done.stdout.strip()

    def place(self, name: str) -> Path:
        """Find a file of the repository's own, such as ``index``."""
        return self.root / self("rev-parse", "--git-path", name)
