"""Serve `_build/html` on this machine only, as a plain static host would."""

from __future__ import annotations

import functools
import http.server
import os
import sys
import webbrowser
from pathlib import Path

SITE = Path(__file__).resolve().parent.parent / "_build" / "html"
PORTS = [*range(8000, 8010), 0]  # the last: whatever is free


class Handler(http.server.SimpleHTTPRequestHandler):
    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        page = SITE / "404.html"
        if code != 404 or not page.exists():
            return super().send_error(code, message, explain)
        body = page.read_bytes()
        self.send_response(404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-cache")  # a rebuilt page shows at once
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    # On some systems the default would share a port that is taken.
    allow_reuse_address = os.name != "nt"


def server(ports: list[int] = PORTS, site: Path = SITE) -> Server:
    """A server at the first of the ports that is free."""
    for port in ports:
        try:
            return Server(("127.0.0.1", port), functools.partial(Handler, directory=str(site)))
        except OSError:
            continue
    raise SystemExit("No port is free.")


def main() -> None:
    with server() as serving:
        address = f"http://127.0.0.1:{serving.server_port}/"
        print(f"The book is at {address} (Ctrl-C ends it).", flush=True)
        if sys.stdout.isatty() and "CI" not in os.environ:
            webbrowser.open(address)
        try:
            serving.serve_forever()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()
