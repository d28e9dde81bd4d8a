"""A phone: a headless Chromium of phone size, logged in as a technician, on the served test site."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from tests.site.phone.dealer import PASSWORD

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 1,
    "has_touch": True,
    "is_mobile": True,
}
WAIT = 40_000


@cache
def find_chromium() -> str:
    """Program of the browser: what MPS_CHROMIUM names, the system's own, else the one that playwright brought along."""
    named = os.environ.get("MPS_CHROMIUM", "")
    for name in (named, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if name and (found := shutil.which(name)):
            return found
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).is_file() else ""


@cache
def why_not() -> str:
    """Why the browser tests cannot run here, or nothing."""
    if os.environ.get("MPS_BROWSER_TESTS") == "0":
        return "MPS_BROWSER_TESTS=0"
    if not importlib.util.find_spec("playwright"):
        return "no playwright in the bench's Python (scripts/site-test installs it)"
    return (
        ""
        if find_chromium()
        else "no Chromium on this machine (install Debian's chromium, or playwright install chromium)"
    )


class Served:
    """The test site on a port, and its weather."""

    def __init__(self, site: str, sites: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        program = Path(__file__).with_name("server.py")
        checkout = str(program.parents[3])
        env = {**os.environ, "PYTHONPATH": checkout, "PYTHONDONTWRITEBYTECODE": "1"}
        self.process = subprocess.Popen(
            [sys.executable, str(program), site, str(self.port)],
            cwd=sites,
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.await_answer()

    def await_answer(self) -> None:
        for _try in range(300):
            try:
                urllib.request.urlopen(f"{self.url}/api/method/ping", timeout=5).read()
                return
            except OSError:
                if self.process.poll() is not None:
                    raise RuntimeError("the test server ended at once") from None
                time.sleep(0.2)
        raise RuntimeError("the test server does not answer")

    def weather(self, **wanted: Any) -> dict[str, Any]:
        data = json.dumps(wanted).encode() if wanted else None
        return json.load(urllib.request.urlopen(f"{self.url}/__weather", data=data, timeout=10))

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)


class Phone:
    """One phone of one technician. Its storage outlives its tabs."""

    def __init__(self, browser: Any, served: Served, user: str) -> None:
        self.served = served
        self.context = browser.new_context(base_url=served.url, locale="en-US", **PHONE)
        self.context.set_default_timeout(WAIT)
        self.errors: list[str] = []
        login = self.context.request.post("/api/method/login", form={"usr": user, "pwd": PASSWORD})
        assert login.ok, login.text()
        self.page = self.open()
        self.page.wait_for_function("navigator.serviceWorker.ready.then(() => true)")

    def open(self, route: str = "") -> Any:
        """A new tab on the app."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.goto(f"/mps{route}")
        page.wait_for_selector("html[data-ready]", state="attached")
        self.page = page
        return page

    def kill(self) -> None:
        """The tab is gone at once, as when the phone needs the memory."""
        self.page.close(run_before_unload=False)

    def go(self, route: str) -> Any:
        """Leads to a screen of the app and waits for it."""
        self.page.evaluate(
            """route => {
                const main = document.getElementById("main");
                main.replaceChildren();
                delete main.dataset.shown;
                if (location.hash === route) dispatchEvent(new Event("hashchange"));
                else location.hash = route;
            }""",
            route,
        )
        self.page.wait_for_function(
            "route => document.getElementById('main').dataset.shown === route", arg=route
        )
        return self.page

    def bring(self) -> None:
        """Everything a technician takes along before the signal ends."""
        self.page.evaluate("""async () => (await import("/assets/mps_module/phone/data.js")).everything()""")

    def offline(self, off: bool = True) -> None:
        self.context.set_offline(off)

    def act(
        self, action: str, payload: dict[str, Any], label: str = "", effect: dict[str, float] | None = None
    ) -> str:
        """Keep an action as a screen of the app would; its key."""
        return self.page.evaluate(
            """async ([deed]) => (await import("/assets/mps_module/phone/outbox.js")).act(deed)""",
            [{"action": action, "payload": payload, "label": label or action, "effect": effect or {}}],
        )

    def outbox(self) -> list[dict[str, Any]]:
        """What the phone keeps, the oldest first."""
        return self.page.evaluate(
            """async () => (await (await import("/assets/mps_module/phone/outbox.js")).list()).reverse()"""
        )

    def states(self) -> list[str]:
        return [each["state"] for each in self.outbox()]

    def send(self) -> None:
        """Try to send now, whatever pause the app is taking."""
        self.page.evaluate("""async () => (await import("/assets/mps_module/phone/outbox.js")).send()""")

    def settled(self, patience: float = 120.0) -> list[str]:
        """Wait until nothing waits any more; the states."""
        end = time.monotonic() + patience
        while True:
            self.send()
            states = self.states()
            if "waiting" not in states:
                return states
            assert time.monotonic() < end, states
            time.sleep(0.2)

    def shown_on_hand(self, item: str) -> float:
        """The figure of an item as the trunk screen shows it, freshly asked."""
        self.page.evaluate(
            """async () => (await import("/assets/mps_module/phone/data.js")).fresh("my_trunk")"""
        )
        self.go("#/trunk")
        row = self.page.locator(f'a.row[href="#/item?item={item}"] .figure')
        return float(row.first.inner_text().split("\n")[0].replace(",", ""))

    def close(self) -> None:
        self.context.close()


@contextmanager
def chromium() -> Iterator[Any]:
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=WAIT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGS)
        try:
            yield browser
        finally:
            browser.close()
