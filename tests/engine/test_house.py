"""The house: what an installer, a bench and a packager find."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip("tomli")

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "mps_module"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
HOOKS = ast.parse((APP / "hooks.py").read_text())
WITHOUT_FRAPPE = "import sys; sys.modules['frappe'] = None; import "


def tracked(under: str) -> set[str]:
    """Files of the repository below a folder, as git knows them."""
    listing = subprocess.run(["git", "ls-files", under], cwd=ROOT, capture_output=True, text=True)
    if listing.returncode:
        pytest.skip("not a git checkout")
    return {name for name in listing.stdout.splitlines() if (ROOT / name).is_file()}


def hook(name: str):
    """The literal value of one hook; names of other hooks in it are resolved."""
    values: dict[str, object] = {}
    for node in HOOKS.body:
        if isinstance(node, ast.Assign):
            source = ast.unparse(node.value)
            values[node.targets[0].id] = eval(source, {"__builtins__": {}}, dict(values))
    return values[name]


@pytest.mark.parametrize("name", ["hooks.py", "fixtures", "patches"])
def test_root_links_lead_into_the_app(name: str):
    link = ROOT / name
    assert link.is_symlink()
    assert link.resolve() == APP / name


def test_the_app_asks_a_bench_for_no_package():
    assert PROJECT["dependencies"] == []


def test_extras_have_lower_bounds_only():
    """An upper bound could fight a pin of frappe when both share a bench's environment."""
    for extra, requirements in PROJECT["optional-dependencies"].items():
        for requirement in requirements:
            assert not re.search(r"==|~=|<|@", requirement), f"{extra}: {requirement}"


@pytest.mark.parametrize("module", ["mps_module", "mps_module.engine", "mps_module.hooks"])
def test_imports_without_frappe(module: str):
    subprocess.run([sys.executable, "-c", WITHOUT_FRAPPE + module], cwd=ROOT, check=True)


def test_every_hook_names_a_function_that_exists():
    """A dotted path that leads nowhere breaks a site at run time, not at install time."""
    paths = {
        node.value
        for node in ast.walk(HOOKS)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"mps_module(\.\w+)+", node.value)
    }
    assert "mps_module.install.after_install" in paths
    for path in paths:
        module, _, name = path.rpartition(".")
        file = ROOT / (module.replace(".", "/") + ".py")
        file = file if file.exists() else ROOT / module.replace(".", "/") / "__init__.py"
        assert file.exists(), path
        names = {
            node.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef)
        }
        assert name in names, path


def test_apps_screen_tile_has_its_logo():
    (tile,) = hook("add_to_apps_screen")
    prefix = "/assets/mps_module/"
    assert tile["logo"].startswith(prefix)
    assert (APP / "public" / tile["logo"].removeprefix(prefix)).read_text().startswith("<svg")


def test_the_module_and_its_folder_agree():
    (module,) = (APP / "modules.txt").read_text().split("\n")[:-1]
    assert (APP / module.lower().replace(" ", "_") / "__init__.py").exists()


def test_roles_are_fixtures_and_collectors_stay_off_the_desk():
    roles = {
        each["name"]: each["desk_access"] for each in json.loads((APP / "fixtures/role.json").read_text())
    }
    assert roles == {
        "MPS Billing": 1,
        "MPS Collector": 0,
        "MPS Manager": 1,
        "MPS Service": 1,
        "MPS Technician": 1,
    }


def test_python_folders_of_the_app_are_packages():
    """A folder without __init__.py is found from a checkout and missing from a wheel."""
    files = {ROOT / name for name in tracked("mps_module") if name.endswith(".py")}
    for file in files:
        assert (file.parent / "__init__.py") in files, file


def test_a_wheel_holds_every_file_of_the_app(tmp_path: Path):
    """Records, pages, fonts and scripts too: what a checkout has, an installed app has."""
    source = tmp_path / "source"
    for name in tracked("mps_module") | {"pyproject.toml", "setup.py", "README.md", "LICENSE"}:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet", "."]
    subprocess.run([*command, "--wheel-dir", str(tmp_path)], cwd=source, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if name.startswith("mps_module/")}
        entry_points = archive.read(next(n for n in archive.namelist() if n.endswith("entry_points.txt")))
    assert inside == tracked("mps_module")
    assert b"mps = mps_module.cli.main:run" in entry_points
