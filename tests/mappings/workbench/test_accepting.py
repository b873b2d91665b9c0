"""`--accept`: expectations are written from what comes out, and the rest of the file stays as it is, to the letter."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.language import load_route
from mappings.workbench.accepting import AcceptError, accepted
from mappings.workbench.saving import ChangedError, save
from mappings.workbench.testing import run_tests

ENCODER = msgspec.json.Encoder(decimal_format="number")
ONE = "input: samples/one.json"


@pytest.fixture
def after(tests_of):
    """Accept what comes out of these tests; return them as they are written then, checked to pass."""

    def run(text):
        route = tests_of(text)
        new = accepted(route, run_tests(route))
        assert all(trial.passed for trial in run_tests(load_route(route.path, new)))
        head, _, written = new.partition("tests:\n")
        assert head == route.draft.text.partition("tests:\n")[0]
        return written

    return run


def test_a_test_without_expectations_gets_all_of_them(after):
    assert after(f"  - name: t  # one\n    {ONE}\n\n# end\n") == (
        f"""\
  - name: t  # one
    {ONE}
    expect:
      title: invoice 1
      total: 12.50
      due: 2026-12-31
      tags: [invoice]
      lines: [{{net: 2.50, text: a}}, {{net: 10, text: b}}]

# end
"""
    )


@pytest.mark.parametrize(
    ("keys", "written"),
    [
        # only what differs is touched
        (
            f"{ONE}\nexpect:   # what\n  total:   1   # why\n  title: 'invoice 1'",
            f"{ONE}\nexpect:   # what\n  total:   12.50   # why\n  title: 'invoice 1'",
        ),
        (f"{ONE}\nexpect: {{total: 1, title: x}}", f"{ONE}\nexpect: {{total: 12.50, title: invoice 1}}"),
        (f"{ONE}\nexpect:\n  tags:\n    - other  # why", f"{ONE}\nexpect:\n  tags: [invoice]  # why"),
        (
            f"{ONE}\nexpect: {{lines[0]: 1}}".replace("lines[0]", '"lines[0]"'),
            f'{ONE}\nexpect: {{"lines[0]": {{net: 2.50, text: a}}}}',
        ),
        # what is not there is expected to be missing, and the other way round
        (f"{ONE}\nexpect: {{other: 1}}", f"{ONE}\nexpect_missing: [other]"),
        (
            f"{ONE}\nexpect:\n  other: 1\n  total: 1\nexpect_missing:\n  - more",
            f"{ONE}\nexpect:\n  total: 12.50\nexpect_missing:\n  - more\n  - other",
        ),
        (f"{ONE}\nexpect_missing: [total]", f"{ONE}\nexpect: {{total: 12.50}}"),
        (
            f"{ONE}\nexpect_missing: [other, total]\nexpect:\n  title: invoice 1",
            f"{ONE}\nexpect_missing: [other]\nexpect:\n  title: invoice 1\n  total: 12.50",
        ),
        # another outcome
        (f"{ONE}\nremove: [number]\nexpect: {{total: 1}}", f"{ONE}\nremove: [number]\nexpect_error: title"),
        (
            f"{ONE}\npatch: {{kind: letter}}\nexpect: {{total: 1}}",
            f"{ONE}\npatch: {{kind: letter}}\nexpect_skipped: true",
        ),
        (f"{ONE}\npatch: {{due: x}}\nexpect_review: tags", f"{ONE}\npatch: {{due: x}}\nexpect_review: due\nexpect:\n"),
        (
            f"{ONE}\npatch: {{total: x}}\nexpect_error: title",
            f"{ONE}\npatch: {{total: x}}\nexpect_error:\n  total: total is not a number (looks like 'a')\n  tags[1]: when 'total > 100' cannot",
        ),
    ],
)
def test_expectations_are_corrected_one_by_one(after, keys, written):
    def indented(text):
        return "  - name: t\n" + "".join(f"    {line}\n" for line in text.splitlines())

    assert after(indented(keys)).startswith(indented(written).rstrip("\n"))


def test_what_passes_is_not_touched(after):
    text = (
        f"  - {{name: t, {ONE}, expect: {{total: 12.5,   title: 'invoice 1'}}}}   # so\n"
        f"  - {{name: u, {ONE}, remove: [number], expect_error: {{title: missing}}}}\n"
        f"  - {{name: v, {ONE}, expect: {{total: 1}}}}\n"
    )
    assert after(text) == text.replace("total: 1}", "total: 12.50}")


def test_a_test_written_on_one_line_stays_on_one(after):
    assert after(f"  - {{name: t, {ONE}, remove: [number]}}\n") == (
        f"  - {{name: t, {ONE}, remove: [number], expect_error: title}}\n"
    )


def test_a_test_whose_document_cannot_be_made_stays_as_it_is(tests_of):
    text = f"  - name: t\n    {ONE}\n    remove: [nothing]\n  - name: u\n    {ONE}\n    expect: {{total: 1}}\n"
    route = tests_of(text)
    assert accepted(route, run_tests(route)) == route.draft.text.replace("{total: 1}", "{total: 12.50}")


def test_what_cannot_be_written_is_refused_and_named(route):
    loaded = route(
        "fields: {a: a}\ntests:\n  - {name: t, input: x.json, expect: {a: 1}}\n", {"x.json": f'{{"a": {10**50}}}'}
    )
    with pytest.raises(AcceptError, match=r"route.yaml: the expectations cannot be written .* write them by hand"):
        accepted(loaded, run_tests(loaded))


NAMES = st.text("abc äß", min_size=1, max_size=5).filter(lambda text: text == text.strip() and text)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.decimals(-1000, 1000, places=2)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from("abcd"), VALUES), st.booleans())
def test_whatever_comes_out_can_be_accepted(tmp_path_factory, document, flow):
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    (path.parent / "any.json").write_bytes(ENCODER.encode(document))
    block = "  - name: t   # one\n    input: any.json\n    expect:\n      a: 1   # two\n      b: [x]\n"
    body = "  - {name: t, input: any.json, expect: {a: 1, b: [x]}}\n" if flow else block
    text = f"source: a.b\ndestination: c.d\nfields: {{a: a, b: b, c.e: c, d: d}}\ntests:\n{body}# end\n"
    path.write_text(text)
    route = load_route(path)
    after = accepted(route, run_tests(route))
    (trial,) = run_tests(load_route(path, after))
    assert trial.passed
    assert {name: value for name, value in trial.test.expect.items() if name == "a"} == (
        {"a": document["a"]} if "a" in document else {}
    )
    assert after.startswith(text.partition("    expect")[0] if not flow else text.partition(", expect")[0])
    assert after.endswith("# end\n")


def test_accepting_nothing_but_a_rejection_takes_out_what_was_expected_before(after):
    keys = f"    {ONE}\n    expect: {{total: 1}}\n    expect_missing: [x]\n    expect_review: due\n    patch: {{number: null}}\n"
    assert after(f"  - name: t\n{keys}") == (
        f"  - name: t\n    {ONE}\n    patch: {{number: null}}\n    expect_error: title\n"
    )


def test_a_file_is_replaced_at_once_and_keeps_its_rights_and_its_mark(tmp_path):
    path = tmp_path / "r.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\n")
    path.chmod(0o640)
    link = tmp_path / "link.yaml"
    link.symlink_to(path)
    save(link, "a: 1\r\n", "a: 2\r\n")
    assert path.read_bytes() == b"\xef\xbb\xbfa: 2\r\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["link.yaml", "r.yaml"]


def test_a_file_that_was_changed_meanwhile_is_left_alone(tmp_path):
    path = tmp_path / "r.yaml"
    path.write_text("a: 3\n")
    with pytest.raises(ChangedError, match="was changed while its tests ran"):
        save(path, "a: 1\n", "a: 2\n")
    assert path.read_text() == "a: 3\n"
