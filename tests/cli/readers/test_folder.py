"""Which files of a folder are read, in which order."""

from mps_module.readers.folder import sources, strangers


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x", encoding="utf-8")
    return folder


def test_what_others_refer_to_comes_first(tmp_path):
    touch(
        tmp_path, "reads/b.csv", "reads/a.xlsx", "parts.csv", "calls.csv", "covers.csv", "contracts/c.yaml", "fleet.tsv",
        "models.csv", "customers.xlsx", "mps.yaml", "bills/2026-01-01/C-1.json", "README.txt",
    )  # fmt: skip
    assert [source.name for source in sources(tmp_path)] == [
        "customers.xlsx", "models.csv", "fleet.tsv", "contracts/c.yaml", "covers.csv", "calls.csv", "parts.csv",
        "reads/a.xlsx", "reads/b.csv",
    ]  # fmt: skip
    assert strangers(tmp_path) == []


def test_a_table_may_be_a_folder(tmp_path):
    touch(tmp_path, "fleet/north.csv", "fleet/south.csv", "contracts/2026/a.yml", "contracts.yaml")
    assert [(source.name, source.kind) for source in sources(tmp_path)] == [
        ("fleet/north.csv", "fleet"), ("fleet/south.csv", "fleet"), ("contracts/2026/a.yml", "contracts"),
        ("contracts.yaml", "contracts"),
    ]  # fmt: skip


def test_files_that_cannot_be_read_are_not_passed_over_silently(tmp_path):
    touch(
        tmp_path, "reads/march.xls", "reads/notes.docx", "contracts/c.json", "fleet.ods", "reads/.hidden.xls"
    )
    assert [source.name for source in strangers(tmp_path)] == [
        "fleet.ods", "reads/march.xls", "reads/notes.docx", "contracts/c.json",
    ]  # fmt: skip


def test_an_empty_folder(tmp_path):
    assert sources(tmp_path) == strangers(tmp_path) == []
