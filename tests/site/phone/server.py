"""The test site behind a web server whose weather can be made bad. Run as a program: `server.py SITE PORT`.

Weather is set by POST /__weather with JSON {"cut": bool, "lose": int, "fail": int, "large": int, "build": str}:
    cut: connections break before the ERP hears of a request (pages and API; files still come).
    lose: of the next so many actions the ERP hears and does everything, but the answer never arrives.
    fail: the next so many actions meet HTTP 503. large: they are too large for the web server (413).
    build: the app is of that build (a release came out); empty: as it is.
GET /__weather tells it, and how often each action's key came in.
"""

from __future__ import annotations

import io
import json
import logging
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

Environ = dict[str, Any]
WEATHER = ("cut", "lose", "fail", "large", "build")


class Weather:
    """WSGI middleware between the browser and the ERP."""

    def __init__(self, application: Callable) -> None:
        self.application = application
        self.cut, self.lose, self.fail, self.large, self.build = False, 0, 0, 0, ""
        self.heard: Counter[str] = Counter()
        self.lock = threading.Lock()

    def __call__(self, environ: Environ, start_response: Callable) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/__weather":
            return self.told(environ, start_response)
        if self.cut and not path.startswith("/assets/"):
            return hang_up(environ)
        if self.build and path in ("/mps", "/mps-sw.js"):
            return self.released(environ, start_response)
        if not path.endswith(".submit_action"):
            return self.application(environ, start_response)
        return self.action(environ, start_response)

    def action(self, environ: Environ, start_response: Callable) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        with self.lock:
            self.heard[json.loads(body or b"{}").get("key", "")] += 1
            fail, lose, large = self.fail > 0, self.fail <= 0 and self.lose > 0, self.large > 0
            self.fail -= fail
            self.large -= large
            self.lose -= lose
        if fail:
            start_response("503 Service Unavailable", [("Content-Type", "text/html")])
            return [b"<h1>busy</h1>"]
        if large:
            start_response("413 Request Entity Too Large", [("Content-Type", "text/html")])
            return [b"<h1>too large</h1>"]
        answer = self.application(environ, start_response if not lose else _nothing)
        if not lose:
            return answer
        for _part in answer:
            pass
        answer.close()
        return hang_up(environ)

    def released(self, environ: Environ, start_response: Callable) -> list[bytes]:
        """Page or worker of another build: its files are the same under new addresses."""
        from mps_module.stock import phone_page

        heads: list[Any] = []
        answer = self.application(environ, lambda status, head, _error=None: heads.extend((status, head)))
        body = b"".join(answer).replace(phone_page.build().encode(), self.build.encode())
        start_response(*heads)
        return [body]

    def told(self, environ: Environ, start_response: Callable) -> list[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            given = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
            with self.lock:
                self.__dict__.update({name: given[name] for name in WEATHER if name in given})
        state = {**{name: self.__dict__[name] for name in WEATHER}, "heard": self.heard}
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(state).encode()]


def _nothing(_status: str, _headers: list, _error: Any = None) -> Callable:
    return lambda _data: None


def hang_up(environ: Environ) -> list[bytes]:
    """Break the connection without a word, as a cellar does."""
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    raise ConnectionError("the signal is gone")


def main() -> None:
    site, port = sys.argv[1], int(sys.argv[2])
    import frappe.app
    from werkzeug.middleware.shared_data import SharedDataMiddleware
    from werkzeug.serving import WSGIRequestHandler, run_simple

    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    WSGIRequestHandler.protocol_version = "HTTP/1.1"
    frappe.app._site, frappe.app._sites_path = site, "."
    served = SharedDataMiddleware(
        Weather(frappe.app.application), {"/assets": str(Path("assets").resolve())}, cache_timeout=3600
    )
    run_simple("127.0.0.1", port, served, threaded=True)


if __name__ == "__main__":
    main()
