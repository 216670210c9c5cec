"""Runs jupyter-book's own build for a builder in a process of its own.

A process apart keeps docutils' global registers, the kernels' chatter and the environment
of a build away from the caller.
"""

import sys
from pathlib import Path

from jupyter_book.sphinx import build_sphinx


def run(root: Path, builder: str, *, documents_follow: bool) -> int:
    """Build the book as ``jupyter-book build -W -n --keep-going`` does; 0 when it is clean."""
    # What jupyter-book's command line passes on, so that both keep the same stored pages.
    options = {
        "external_toc_path": (root / "_toc.yml").as_posix(),
        "latex_individualpages": False,
        "nitpicky": True,
        "lr_documents_follow": documents_follow,
    }
    result = build_sphinx(
        root,
        root / "_build" / builder,
        path_config=root / "_config.yml",
        noconfig=True,
        confoverrides=options,
        builder=builder,
        warningiserror=True,
        keep_going=True,
        quiet=True,
    )
    return result if isinstance(result, int) else 2


if __name__ == "__main__":
    root, builder, *follow = sys.argv[1:]
    sys.exit(run(Path(root), builder, documents_follow="documents" in follow))
