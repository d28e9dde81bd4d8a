"""YAML as texts with line numbers, and the keys of a mapping taken one by one."""

import pytest

from mps_module.engine.reads import Verdict
from mps_module.readers.issue import BadValue, Issue, Remark
from mps_module.readers.yaml_doc import Node, read_documents
from mps_module.readers.yaml_keys import Findings, Keys, choice, text, truth, whole


def documents(tmp_path, content: str | bytes) -> list[Node | Issue]:
    path = tmp_path / "a.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read_documents(path, "a.yaml"))


def keys_of(tmp_path, content: str) -> tuple[Keys, Findings]:
    (node,) = documents(tmp_path, content)
    assert isinstance(node, Node)
    found = Findings("a.yaml", 1)
    return Keys(node, "", found), found


def test_scalars_stay_texts_with_their_lines(tmp_path):
    (node,) = documents(tmp_path, "a: 0.0085\nb: no\nc: 2026-01-31\nd: 0x1F\ne: '1_000'\n")
    assert node.pairs is not None
    assert {key: (value.text, value.line) for key, value in node.pairs.items()} == {
        "a": ("0.0085", 1), "b": ("no", 2), "c": ("2026-01-31", 3), "d": ("0x1F", 4), "e": ("1_000", 5),
    }  # fmt: skip


def test_nothing_is_null_and_a_quoted_nothing_is_a_text(tmp_path):
    (node,) = documents(tmp_path, "a:\nb: ~\nc: null\nd: ''\ne: \"null\"\n")
    assert [value.is_null for value in node.pairs.values()] == [True, True, True, False, False]


def test_items_of_a_list_come_one_at_a_time(tmp_path):
    nodes = documents(tmp_path, "- a: 1\n- b: 2\n---\nc: 3\n---\n")
    assert [list(node.pairs or ()) for node in nodes] == [["a"], ["b"], ["c"]]


def test_items_before_a_mistake_are_given(tmp_path):
    *good, issue = documents(tmp_path, "- a: 1\n- b: 2\n- c: [\n")
    assert len(good) == 2
    assert isinstance(issue, Issue)
    assert issue.code == "yaml-broken"


def test_tags_of_other_programs_do_nothing(tmp_path):
    (node,) = documents(tmp_path, "a: !!python/object/apply:os.system ['echo no']\nb: !mine 5\n")
    assert node.pairs["a"].items is not None
    assert node.pairs["b"].text == "5"


def test_aliases_are_the_same_node_and_merges_fill_up(tmp_path):
    (node,) = documents(tmp_path, "a: &x {p: 1, q: 2}\nb: *x\nc: {<<: *x, q: 3}\nd: {<<: [*x, {r: 4}]}\n")
    pairs = node.pairs
    assert pairs["b"] is pairs["a"]
    assert {key: value.text for key, value in pairs["c"].pairs.items()} == {"p": "1", "q": "3"}
    assert {key: value.text for key, value in pairs["d"].pairs.items()} == {"p": "1", "q": "2", "r": "4"}


def test_encodings_as_for_tables(tmp_path):
    (node,) = documents(tmp_path, "name: Süd\n".encode("utf-16"))
    assert node.pairs["name"].text == "Süd"
    note, node = documents(tmp_path, "name: Süd\n".encode("cp1252"))
    assert (note.code, node.pairs["name"].text) == ("encoding-guessed", "Süd")


def test_half_surrogates_are_replaced(tmp_path):
    for found in documents(tmp_path, 'a: "\\ud800x"\n'):
        shown = found.message if isinstance(found, Issue) else found.pairs["a"].text
        shown.encode("utf-8")


def test_deep_nesting_is_refused_with_its_line(tmp_path):
    (issue,) = documents(tmp_path, "a:\n" + "".join("  " * (n + 1) + "a:\n" for n in range(100)))
    assert isinstance(issue, Issue)
    assert issue.row > 50


def test_a_missing_file_is_an_issue(tmp_path):
    (issue,) = list(read_documents(tmp_path / "none.yaml", "none.yaml"))
    assert isinstance(issue, Issue)


class TestKeys:
    def test_what_nobody_took_is_reported_with_the_nearest(self, tmp_path):
        keys, found = keys_of(tmp_path, "currency: USD\ncurrancy: EUR\nzzz: 1\n")
        assert keys.take("currency", text, "") == "USD"
        keys.close()
        assert [(issue.row, issue.field) for issue in found.issues] == [(2, "currancy"), (3, "zzz")]
        assert "currency" in found.issues[0].todo
        assert found.issues[1].todo == "Known keys: currency."

    def test_a_value_that_fails_is_reported_and_the_default_serves(self, tmp_path):
        keys, found = keys_of(tmp_path, "a: many\nb: [1]\n")
        assert keys.take("a", whole, 7) == 7
        assert keys.take("b", whole, 8) == 8
        assert keys.take("c", whole, 9) == 9
        assert [issue.code for issue in found.issues] == ["not-a-number", "yaml-shape"]
        assert found.blocked

    def test_a_remark_flags_but_does_not_block(self, tmp_path):
        keys, found = keys_of(tmp_path, "a: 5\n")
        assert keys.take("a", lambda value: (int(value), Remark("odd", "odd number")), 0) == 5
        assert [issue.verdict for issue in found.issues] == [Verdict.FLAGGED]
        assert not found.blocked

    def test_needed_keys(self, tmp_path):
        keys, found = keys_of(tmp_path, "a: 5\nb:\n")
        assert keys.need("a", whole, 0) == 5
        assert keys.need("b", whole, 1) == 1
        assert keys.need("c", whole, 2) == 2
        assert [issue.field for issue in found.issues] == ["b", "c"]
        keys.close()
        assert len(found.issues) == 2, "a needed key is a known key"

    def test_inner_mappings_name_their_path(self, tmp_path):
        keys, found = keys_of(tmp_path, "outer:\n  inner: {x: 1}\n")
        inner = keys.mapping("outer").mapping("inner")
        inner.close()
        assert found.issues[0].field == "outer.inner.x"
        assert keys.mapping("absent") is None

    def test_one_value_is_a_list_of_one(self, tmp_path):
        keys, _ = keys_of(tmp_path, "a: 5\nb: [1, 2]\n")
        assert [node.text for node in keys.sequence("a")] == ["5"]
        assert [node.text for node in keys.sequence("b")] == ["1", "2"]
        assert keys.sequence("c") == ()

    def test_a_list_where_keys_are_expected(self, tmp_path):
        keys, found = keys_of(tmp_path, "a: [1]\n")
        keys.mapping("a").close()
        assert [issue.code for issue in found.issues] == ["yaml-shape"]


@pytest.mark.parametrize("word", ["yes", "True", "on", "1", " Y ", "ja", "oui"])
def test_yes(word):
    assert truth(word) is True


@pytest.mark.parametrize("word", ["no", "False", "off", "0", "", "nein"])
def test_no(word):
    assert truth(word) is False


@pytest.mark.parametrize("word", ["-1", "10001", "1.5", "x", "", "1e3", "²"])
def test_no_small_whole_number(word):
    with pytest.raises(BadValue):
        whole(word)


def test_choices_in_any_spelling():
    pick = choice(("per_unit", "pooled"))
    assert pick(" Per-Unit ") == pick("per unit") == "per_unit"
    with pytest.raises(BadValue) as caught:
        pick("poled")
    assert "pooled" in caught.value.todo
