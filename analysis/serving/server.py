"""HTTP on the loopback address: GET and HEAD, a fixed set of pages, nothing that writes.

A page of another site must not read it through the browser: the Host header has to name this server (so that no name
of a stranger's can be led here), and no answer may be framed or used by another origin. Scripts are ours alone.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from analysis.folder import RunError
from analysis.html import SCRIPT, STYLE_SHEET, Markup, join, tag
from analysis.serving import pages
from analysis.serving.library import Entry, Library

HOST = "127.0.0.1"
_HERE = Path(__file__).parent
#: Answers from which nothing else is loaded than from here; inline styles are those of drawings.
_POLICY = (
    "default-src 'none'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_FIXED = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
#: Returns the lines and, if it is wanted, the drawing of a device: (run folder, device or worst ..., draw).
DeviceLookup = Callable[[Path, str, bool], tuple[int, Sequence[str], Markup | None]]


class Answer(NamedTuple):
    """What is sent back."""

    body: str
    kind: str = "text/html"
    code: int = 200
    scripts: str = "'self'"


class PageServer(ThreadingHTTPServer):
    """Serves the pages of a library on loopback; port 0 takes one that is free. OSError where it is taken."""

    daemon_threads = True

    def __init__(self, library: Library, look_up: DeviceLookup, port: int = 0) -> None:
        super().__init__((HOST, port), partial(_Handler, _Site(library, look_up)))
        self.hosts = {f"{name}:{self.server_port}" for name in (HOST, "localhost")}

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.server_port}/"


class _Site:
    """From an address to an answer."""

    def __init__(self, library: Library, look_up: DeviceLookup) -> None:
        self._library, self._look_up = library, look_up
        self._pages: dict[str, Callable[[dict[str, list[str]]], Answer]] = {
            "/": lambda asked: _page("runs", pages.listed(library)),
            "/rows": lambda asked: Answer(pages.rows(library.entries())),
            "/run": lambda asked: _page(self._entry(asked).name, pages.shown(library, self._entry(asked))),
            "/curves": lambda asked: self._curves(self._entry(asked)),
            "/compare": self._compare,
            "/device": self._device,
            "/report": lambda asked: _report(self._entry(asked)),
            "/favicon.ico": lambda asked: Answer("", "image/x-icon"),
            "/page.css": lambda asked: Answer(_style(), "text/css"),
            "/page.js": lambda asked: Answer((_HERE / "page.js").read_text(encoding="utf-8"), "text/javascript"),
        }

    def answer(self, address: str) -> Answer:
        """Return the page of an address; what there is not is one line and code 404."""
        parts = urlsplit(address)
        if parts.path not in self._pages:
            return _page("not found", tag("h1", "There is no such page"), code=404)
        try:
            return self._pages[parts.path](parse_qs(parts.query, max_num_fields=200))
        except RunError as error:
            return _page("not found", tag("h1", "This cannot be shown"), tag("p", str(error)), code=404)
        except ValueError:
            return _page("bad request", tag("h1", "This address cannot be read"), code=400)

    def _entry(self, asked: dict[str, list[str]]) -> Entry:
        return self._library.entry(asked.get("run", [""])[0])

    def _curves(self, entry: Entry) -> Answer:
        return Answer(join(pages.curves(self._library, entry), tag("span", data_state=entry.status)))

    def _compare(self, asked: dict[str, list[str]]) -> Answer:
        entries = [self._library.entry(name) for name in asked.get("run", [])]
        if not entries:
            raise RunError("tick the runs to compare, on the page of all runs")
        return _page("comparison", pages.compared(entries))

    def _device(self, asked: dict[str, list[str]]) -> Answer:
        entry, device = self._entry(asked), asked.get("device", [""])[0]
        if entry.is_sweep:
            raise RunError(f"{entry.name}: is a sweep; a device belongs to one of its points")
        number, lines, drawing = self._look_up(entry.folder, device, asked.get("draw") == ["1"])
        return _page(f"device {number}", pages.device(entry, number, lines, drawing))


class _Handler(BaseHTTPRequestHandler):
    server_version, sys_version = "driftbed", ""
    #: A connection that says nothing is closed [s].
    timeout = 30

    server: PageServer

    def __init__(self, site: _Site, *words: object) -> None:
        self._site = site
        super().__init__(*words)  # type: ignore[arg-type]  # as the server calls it

    def do_GET(self) -> None:  # named by the standard library
        self._answer(body=True)

    def do_HEAD(self) -> None:  # named by the standard library
        self._answer(body=False)

    def log_message(self, *words: object) -> None:
        """Write nothing: the terminal belongs to the user."""

    def _answer(self, *, body: bool) -> None:
        if self.headers.get("Host", "") not in self.server.hosts:
            self._send(Answer("This server answers to its own address alone.\n", "text/plain", 421), body=body)
            return
        self._send(self._site.answer(self.path), body=body)

    def _send(self, answer: Answer, *, body: bool) -> None:
        content = answer.body.encode("utf-8", "replace")
        self.send_response(answer.code)
        headers = _FIXED | {
            "Content-Type": f"{answer.kind}; charset=utf-8",
            "Content-Length": str(len(content)),
            "Content-Security-Policy": _POLICY.format(scripts=answer.scripts),
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(content)


def _page(title: str, *body: Markup, code: int = 200) -> Answer:
    head = join(
        Markup('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup('<meta name="color-scheme" content="light dark">'),
        tag("title", f"{title} - driftbed"),
        Markup('<link rel="stylesheet" href="/page.css"><script src="/page.js" defer></script>'),
    )
    content = join(tag("head", head), tag("body", tag("main", *body)))
    return Answer(f'<!DOCTYPE html>\n<html lang="en">{content}</html>\n', code=code)


def _report(entry: Entry) -> Answer:
    """Return the report of a run as it lies in its folder; of scripts in it, ours alone runs."""
    path = entry.folder / "report.html"
    if path.is_symlink() or not path.is_file():
        raise RunError(f"{entry.name}: has no report yet; 'report' writes it")
    digest = base64.b64encode(hashlib.sha256(SCRIPT.read_bytes()).digest()).decode()
    return Answer(path.read_text(encoding="utf-8", errors="replace"), scripts=f"'sha256-{digest}'")


def _style() -> str:
    return STYLE_SHEET.read_text(encoding="utf-8") + (_HERE / "page.css").read_text(encoding="utf-8")
