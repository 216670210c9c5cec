"""Shows the built book on this machine."""

from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from alsreview.evidence.digest import find_root


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_args) -> None:
        pass

    def end_headers(self) -> None:
        # A page built anew must not be taken from the browser's memory.
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()


def server(folder: Path, port: int) -> ThreadingHTTPServer:
    """Make a server of one folder, on this machine only; port 0 takes a free one."""
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), partial(_Quiet, directory=str(folder)))
    except OSError as error:
        raise ValueError(f"port {port}: {error.strerror}; take another: make serve PORT={port + 1}") from None


def serve(root=None, port: int = 8000, *, echo: Callable[[str], None] | None = None) -> None:
    """Serve ``_build/html`` until interrupted."""
    pages = find_root(root) / "_build" / "html"
    if not (pages / "index.html").is_file():
        raise ValueError("_build/html/index.html: not found; build the book first: make book")
    with server(pages, port) as running:
        if echo:
            echo(f"The book is at http://localhost:{running.server_port} (stop it with Ctrl-C)")
        try:
            running.serve_forever()
        except KeyboardInterrupt:
            pass
