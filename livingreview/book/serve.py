"""Shows the built book, or the site of all versions, on this machine."""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from livingreview.evidence.digest import find_root


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_args) -> None:
        pass

    def end_headers(self) -> None:
        # A page built anew must not be taken from the browser's memory.
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def list_directory(self, path):
        # GitHub Pages shows no listings either.
        self.send_error(HTTPStatus.NOT_FOUND)

    def send_error(self, code, message=None, explain=None) -> None:
        page = Path(self.directory) / "404.html"
        if code != HTTPStatus.NOT_FOUND or not page.is_file():
            return super().send_error(code, message, explain)
        content = page.read_bytes()
        self.send_response(code, message)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def server(folder: Path, port: int) -> ThreadingHTTPServer:
    """Make a server of one folder, on this machine only; port 0 takes a free one."""
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), partial(_Quiet, directory=str(folder)))
    except OSError as error:
        raise ValueError(f"port {port}: {error.strerror}; take another: make serve PORT={port + 1}") from None


def serve(
    root=None, port: int = 8000, *, site: bool = False, echo: Callable[[str], None] | None = None
) -> None:
    """Serve ``_build/html``, or the site of all versions, until interrupted."""
    name, command = ("site", "make site") if site else ("html", "make book")
    pages = find_root(root) / "_build" / name
    if not (pages / "index.html").is_file():
        raise ValueError(f"_build/{name}/index.html: not found; build it first: {command}")
    with server(pages, port) as running:
        if echo:
            what = "site" if site else "book"
            echo(f"The {what} is at http://localhost:{running.server_port} (stop it with Ctrl-C)")
        try:
            running.serve_forever()
        except KeyboardInterrupt:
            pass
