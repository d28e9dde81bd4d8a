"""The page itself: who gets it, what it loads, that it installs, and that thumbs, keys and screen readers can use it."""

from __future__ import annotations

import json
import urllib.request

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.commits, pytest.mark.slow]

SCREENS = (
    "calls",
    "trunk",
    "moves",
    "meter",
    "meter?device=PH-D1",
    "more",
    "use",
    "ask",
    "give",
    "away",
    "count",
    "missing",
    "newcall",
    "outbox",
)
BUDGET = 150_000


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args):
        return None


def test_a_guest_is_sent_to_the_login_and_back(served):
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.build_opener(NoRedirect).open(f"{served.url}/mps")
    assert refused.value.code == 302
    assert refused.value.headers["Location"].endswith("/login?redirect-to=/mps")


def test_the_worker_is_javascript_at_the_root(served):
    with urllib.request.urlopen(f"{served.url}/mps-sw.js") as answer:
        assert answer.headers["Content-Type"].split(";")[0] in ("text/javascript", "application/javascript")
        assert b"addEventListener" in answer.read()


def test_everything_that_is_loaded_is_under_150_kb(phone):
    page = phone("Phia").page
    page.reload()
    page.wait_for_selector("html[data-ready]", state="attached")
    sizes = page.evaluate(
        """async () => Object.fromEntries(await Promise.all(
            [location.pathname, ...performance.getEntriesByType("resource").map((each) => each.name)]
                .filter((url) => !url.includes("/api/"))
                .map(async (url) => [url, (await (await fetch(url)).arrayBuffer()).byteLength])))"""
    )
    assert len(sizes) > 15, sizes
    assert sum(sizes.values()) < BUDGET, sizes


def test_the_page_can_be_installed_and_is_controlled_by_its_worker(phone):
    page = phone("Phia").page
    page.reload()
    page.wait_for_function("navigator.serviceWorker.controller?.scriptURL.endsWith('/mps-sw.js')")
    manifest = page.evaluate(
        "fetch(document.querySelector('link[rel=manifest]').href).then((each) => each.json())"
    )
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/mps", "/mps", "standalone")
    client = page.context.new_cdp_session(page)
    assert client.send("Page.getInstallabilityErrors")["installabilityErrors"] in (
        [],
        [{"errorId": "in-incognito", "errorArguments": []}],
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_targets_are_thumb_sized_named_and_in_contrast(phone, theme):
    phia = phone("Phia")
    phia.page.emulate_media(color_scheme=theme)
    for screen in SCREENS:
        page = phia.go(f"#/{screen}")
        found = page.evaluate(CHECK)
        assert found == [], f"{screen}: {json.dumps(found)}"


# Every control: 44 px high and wide, a name for screen readers; every text: contrast of 7 to its ground.
CHECK = """() => {
    const wrong = [];
    const light = (rgb) => {
        const [r, g, b] = rgb.map((each) => (each /= 255) <= 0.03928 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const colour = (text) => text.match(/[\\d.]+/g).map(Number);
    const ground = (node) => {
        for (; node; node = node.parentElement) {
            const found = colour(getComputedStyle(node).backgroundColor);
            if (found.length === 3 || found[3] > 0) return found.slice(0, 3);
        }
        return [255, 255, 255];
    };
    const target = (node) => ["checkbox", "radio"].includes(node.type) ? node.closest("label") || node : node;
    for (const node of document.querySelectorAll("a[href]:not(.skip), button, summary, input, select, textarea")) {
        if (!node.checkVisibility()) continue;
        const box = target(node).getBoundingClientRect();
        if (box.height < 44 || box.width < 44) wrong.push([node.outerHTML.slice(0, 90), box.width, box.height]);
        const name = node.getAttribute("aria-label") || node.labels?.[0]?.textContent || node.textContent;
        if (!name.trim()) wrong.push([node.outerHTML.slice(0, 90), "no name"]);
    }
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const node = walker.currentNode.parentElement;
        if (!walker.currentNode.data.trim() || !node.checkVisibility({ visibilityProperty: true }) || node.closest("script, noscript, option, .skip")) continue;
        const [a, b] = [light(colour(getComputedStyle(node).color)), light(ground(node))].sort((x, y) => y - x);
        if ((a + 0.05) / (b + 0.05) < 7) wrong.push([node.textContent.slice(0, 40), ((a + 0.05) / (b + 0.05)).toFixed(1)]);
    }
    if (document.documentElement.scrollWidth > innerWidth) wrong.push(["wider than the phone", document.documentElement.scrollWidth]);
    return wrong;
}"""


def test_a_part_is_used_with_the_keyboard_alone(phone, dealer):
    phia = phone("Phia")
    page = phia.go(f"#/use?issue={dealer.calls['Phia']}")
    before = dealer.ledger("Phia", "PH-FUSER")
    expect(page.locator("#title")).to_be_focused()  # a screen reader starts with the new screen's name

    def tab_to(name: str) -> None:
        for _step in range(30):
            page.keyboard.press("Tab")
            focused = (
                "(document.activeElement.getAttribute('aria-label') || document.activeElement.textContent)"
            )
            if page.evaluate(focused).startswith(name):
                return
        raise AssertionError(f"{name} cannot be reached")

    tab_to("Add a part")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()
    page.keyboard.type("fuser unit")
    tab_to("PH-FUSER")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for(state="detached")
    tab_to("Use on the call")
    page.keyboard.press("Enter")
    expect(page.locator("#toast[role=status][aria-live=polite].on")).to_contain_text("Saved")
    assert phia.settled() == ["done"]
    assert dealer.ledger("Phia", "PH-FUSER") == before - 1


def test_a_code_typed_by_a_scanner_finds_the_part(phone):
    page = phone("Phia").go("#/trunk")
    page.get_by_role("button", name="Scan").click()
    page.get_by_label("Or type the code").fill("4001234")  # barcode of PH-FUSER
    page.keyboard.press("Enter")
    page.wait_for_url("**/mps#/item?item=PH-FUSER")


def test_the_camera_reads_a_code_where_the_browser_can(phone):
    phia = phone("Phia")
    phia.page.evaluate(
        """() => {
            const canvas = document.createElement("canvas");
            navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(5);
            const paint = () => { canvas.getContext("2d").fillRect(0, 0, 9, 9); requestAnimationFrame(paint); };
            paint();
            window.BarcodeDetector = class { async detect() { return [{ rawValue: "4011234" }]; } };
        }"""
    )
    page = phia.go("#/trunk")
    page.get_by_role("button", name="Scan").click()
    page.wait_for_url("**/mps#/item?item=PH-DRUM")


def test_the_page_speaks_the_users_language(phone, dealer):
    import frappe

    row = {
        "doctype": "Translation",
        "language": "de",
        "source_text": "My trunk",
        "translated_text": "Mein Kofferraum",
    }
    made = frappe.get_doc(row).insert()
    user = dealer.user("Phia")
    frappe.db.set_value("User", user, "language", "de")
    frappe.db.commit()
    frappe.clear_cache()
    try:
        page = phone("Phia").go("#/trunk")
        expect(page.locator("h1")).to_have_text("Mein Kofferraum")
        expect(page.locator("html")).to_have_attribute("lang", "de")
    finally:
        made.delete()
        frappe.db.set_value("User", user, "language", "en")
        frappe.db.commit()
        frappe.clear_cache()
