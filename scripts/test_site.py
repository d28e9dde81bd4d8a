"""Make the site that tests/site runs on; bring it up to date; lay it anew where the last run's tests committed.

Started by scripts/site-test in the bench's Python.

The site does not live among the bench's own: `<bench>/mps-test` is a second face of the same bench, with its own
`sites` folder and the checkout that this file belongs to as its `mps_module`. So the code under test is this
checkout whatever the bench has installed, and no site with data is ever touched.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
APPS = ("frappe", "erpnext", "mps_module")
SITE_CONFIG = {
    "mps_test_site": 1,
    "developer_mode": 0,  # or saving a standard record would write into the checkout
    "allow_tests": 1,
    "mute_emails": 1,
    "pause_scheduler": 1,
}
FISCAL_YEARS = range(2022, 2031)
WIZARD = {
    "language": "English",
    "country": "United States",
    "timezone": "America/New_York",
    "currency": "USD",
    "full_name": "Test User",
    "email": "test.user@example.com",
    "password": "test-password",
    "company_name": "Print Dealer Inc",
    "company_abbr": "PDI",
    "company_tagline": "Managed print",
    "industry": "Services",
    "domains": ["Services"],
    "chart_of_accounts": "Standard",
    "bank_account": "Test Bank",
    "setup_demo": 0,
}


def link(name: Path, target: Path) -> None:
    """Make `name` a link to `target`, whatever link it was before; another run may be doing the same."""
    aside = name.with_name(f"{name.name}.{os.getpid()}")
    aside.symlink_to(target)
    aside.replace(name)


def put(name: Path, text: str) -> None:
    """Write a file that another run may be reading: it finds the old one or the new one, never half of it."""
    aside = name.with_name(f"{name.name}.{os.getpid()}")
    aside.write_text(text)
    aside.replace(name)


def make_face(bench: Path) -> Path:
    """Lay out `<bench>/mps-test` and return its sites folder."""
    face = bench / "mps-test"
    sites = face / "sites"
    for folder in (face / "logs", face / "apps", sites / "assets"):
        folder.mkdir(parents=True, exist_ok=True)
    for folder in ("env", "config"):
        link(face / folder, bench / folder)
    for app in APPS:
        link(face / "apps" / app, CHECKOUT if app == "mps_module" else bench / "apps" / app)
    for asset in (bench / "sites" / "assets").glob("*"):
        link(sites / "assets" / asset.name, asset)
    link(sites / "assets" / "mps_module", CHECKOUT / "mps_module" / "public")
    put(sites / "apps.txt", "\n".join(APPS) + "\n")
    config = json.loads((bench / "sites" / "common_site_config.json").read_text())
    config.pop("default_site", None)
    config["bench_id"] = "mps-test"  # a job queue of its own: the bench's workers do not know this site
    put(sites / "common_site_config.json", json.dumps(config, indent=1, sort_keys=True))
    return sites


def frappe_command(*args: str) -> None:
    """Run one of bench's site commands in the current sites folder; raises when it fails."""
    subprocess.run(
        [sys.executable, "-m", "frappe.utils.bench_helper", "frappe", *args],
        check=True,
        stdin=subprocess.DEVNULL,
    )


def fingerprint() -> tuple[str, str]:
    """Digests of this file, and of everything in the app that a site's schema or records may come from."""
    digest = hashlib.sha256()
    for path in sorted((CHECKOUT / "mps_module").rglob("*")):
        parts = path.relative_to(CHECKOUT / "mps_module").parts
        if path.is_file() and "__pycache__" not in parts and parts[0] not in ("engine", "cli", "public"):
            digest.update(str(parts).encode() + path.read_bytes())
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest(), digest.hexdigest()


def root() -> list[str]:
    """Options that name the database's administrator, where common_site_config.json does not."""
    if user := os.environ.get("MPS_DB_ROOT_USER"):
        return ["--db-root-username", user, "--db-root-password", os.environ.get("MPS_DB_ROOT_PASSWORD", "")]
    return []


def create(site: str) -> None:
    """A new site with ERPNext, one company and this app."""
    frappe_command(
        "new-site", site, "--force", "--admin-password", "admin", *root(), "--install-app", "erpnext"
    )
    config = Path(site) / "site_config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | SITE_CONFIG, indent=1, sort_keys=True))
    on_site(site, run_wizard)
    frappe_command("--site", site, "install-app", "mps_module")


def on_site(site: str, function) -> None:
    """Call `function` as Administrator, connected to the site, and commit what it did."""
    import frappe

    frappe.init(site, sites_path=".")
    frappe.connect()
    frappe.set_user("Administrator")
    function()
    frappe.db.commit()
    frappe.destroy()


def run_wizard() -> None:
    """ERPNext's own first-run wizard, and the fiscal years that tests post into."""
    import frappe
    from frappe.desk.page.setup_wizard.setup_wizard import setup_complete

    year = datetime.date.today().year
    setup_complete(WIZARD | {"fy_start_date": f"{year}-01-01", "fy_end_date": f"{year}-12-31"})
    if not frappe.db.exists("Company", WIZARD["company_name"]):
        raise SystemExit("the setup wizard made no company; see the log in mps-test/logs")
    for each in FISCAL_YEARS:
        start, end = f"{each}-01-01", f"{each}-12-31"
        if not frappe.db.exists("Fiscal Year", {"year_start_date": start, "year_end_date": end}):
            fields = {"year": str(each), "year_start_date": start, "year_end_date": end}
            frappe.get_doc({"doctype": "Fiscal Year", **fields}).insert()


def set_up_again() -> None:
    """The app's set-up once more: a site in use meets it at every update, so it must do no harm."""
    from mps_module.setup import apply

    apply()


def main() -> None:
    bench, site, fresh = Path(sys.argv[1]), sys.argv[2], "--fresh" in sys.argv[3:]
    sites = make_face(bench)
    os.chdir(sites)
    stamp, used, clean = (
        Path(site) / name for name in (".mps_fingerprint", ".mps_used", ".mps_clean.sql.gz")
    )
    before = tuple(stamp.read_text().split()) if stamp.exists() and not fresh else ("", "")
    now = fingerprint()
    if used.exists() and clean.exists() and before[0] == now[0]:
        frappe_command("--site", site, "restore", str(clean.resolve()), "--force", *root())
        used.unlink()
    if before == now:
        return
    if before[0] != now[0]:
        shutil.rmtree(site, ignore_errors=True)
        create(site)
    else:
        frappe_command("--site", site, "migrate")
    on_site(site, set_up_again)
    frappe_command("--site", site, "backup", "--backup-path-db", str(clean.resolve()))
    stamp.write_text("\n".join(now))


if __name__ == "__main__":
    main()
