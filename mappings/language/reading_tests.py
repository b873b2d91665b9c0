"""Reads `tests:`: documents and what must become of them. Running them is not this package's work."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from mappings.language.model import TEST_KEYS, Test
from mappings.language.paths import PathError, read_path
from mappings.language.problems import Mark, suggestion
from mappings.language.yaml_nodes import Mapping, Node, Scalar, Sequence, kind_of, plain_data

if TYPE_CHECKING:
    from mappings.language.problems import Findings

OUTCOMES = {
    "expect_error": "rejected",
    "expect_skipped": "skipped",
    "expect": "mapped",
    "expect_missing": "mapped",
    "expect_review": "mapped",
}
"""What a document comes to by each of a test's expectations."""


class TestReader:
    """Reads the tests of one route file; what is wrong with them goes to `findings`."""

    __test__ = False  # it is none of pytest's

    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def tests(self, node: Node | None) -> tuple[Test, ...]:
        """Read the route's `tests:`."""
        if node is None:
            return ()
        if not isinstance(node, Sequence):
            self._findings.add(node.mark, f"tests: is {kind_of(node)}; write a list, one '- name: …' per test")
            return ()
        tests: list[Test] = []
        lines: dict[str, int] = {}
        for item in node.items:
            if not isinstance(item, Mapping):
                self._findings.add(item.mark, f"a test is {kind_of(item)}; write '- name: …' with input: and expect:")
                continue
            test = self._test(item)
            if test.name in lines:
                mark = test.marks["name"]
                self._findings.add(mark, f"a test on line {lines[test.name]} has this name already; give it another")
            elif test.name:
                lines[test.name] = test.mark.line
            tests.append(test)
        return tuple(tests)

    def _test(self, node: Mapping) -> Test:
        for key, entry in node.entries.items():
            if key not in TEST_KEYS:
                self._findings.add(entry.mark, f"unknown key '{key}' in a test{suggestion(key, TEST_KEYS)}")
        if "name" not in node.entries:
            self._findings.add(node.mark, "this test has no name; add name: what it shows, in a sentence")
        skipped = node.node("expect_skipped")
        if skipped is not None and not (isinstance(skipped, Scalar) and isinstance(skipped.value, bool)):
            self._findings.add(skipped.mark, f"expect_skipped: is {kind_of(skipped)}; write true or false")
        self._check_together(node)
        marks = {key: entry.node.mark for key, entry in node.entries.items()}
        return Test(
            mark=node.mark,
            end=node.end,
            name=self._text(node, "name"),
            input=self._input(node),
            patch=self._values(node, "patch", marks),
            remove=self._paths(node, "remove"),
            expect=self._values(node, "expect", marks),
            expect_missing=self._paths(node, "expect_missing"),
            expect_error=self._sentences(node, "expect_error"),
            expect_review=self._sentences(node, "expect_review"),
            expect_skipped=isinstance(skipped, Scalar) and skipped.value is True,
            marks=MappingProxyType(marks),
        )

    def _check_together(self, node: Mapping) -> None:
        """Refuse expectations of two outcomes: what is rejected or skipped has no payload."""
        there = [key for key in OUTCOMES if key in node.entries]
        for key in there[1:]:
            if OUTCOMES[key] != OUTCOMES[there[0]]:
                message = f"{key}: goes not together with {there[0]}: of one document only one can come; make two tests"
                self._findings.add(node.entries[key].mark, message)
                return

    def _text(self, node: Mapping, key: str) -> str:
        content = node.node(key)
        if content is None:
            return ""
        if isinstance(content, Scalar) and content.value not in (None, ""):
            return content.text
        self._findings.add(content.mark, f"{key}: is {kind_of(content)}, not text")
        return ""

    def _input(self, node: Mapping) -> str | dict[str, object]:
        content = node.node("input")
        if content is None:
            return {}
        if isinstance(content, Mapping):
            return {key: plain_data(entry.node) for key, entry in content.entries.items()}
        if isinstance(content, Scalar) and isinstance(content.value, str):
            return content.value
        self._findings.add(
            content.mark, f"input: is {kind_of(content)}; write the name of a file, or the document itself"
        )
        return {}

    def _values(self, node: Mapping, key: str, marks: dict[str, Mark]) -> dict[str, object]:
        content = node.node(key)
        if content is None:
            return {}
        if not isinstance(content, Mapping):
            self._findings.add(content.mark, f"{key}: is {kind_of(content)}; write path: value, one per line")
            return {}
        for path, entry in content.entries.items():
            self._check_path(path, entry.mark)
            marks[f"{key}.{path}"] = entry.node.mark
        return {path: plain_data(entry.node) for path, entry in content.entries.items()}

    def _paths(self, node: Mapping, key: str) -> tuple[str, ...]:
        content = node.node(key)
        if content is None:
            return ()
        if not isinstance(content, Sequence):
            self._findings.add(content.mark, f"{key}: is {kind_of(content)}; write a list of paths, [path, path]")
            return ()
        paths: list[str] = []
        for item in content.items:
            if isinstance(item, Scalar) and item.value not in (None, ""):
                self._check_path(item.text, item.mark)
                paths.append(item.text)
            else:
                self._findings.add(item.mark, f"{key}: is to hold paths, this is {kind_of(item)}")
        return tuple(paths)

    def _sentences(self, node: Mapping, key: str) -> dict[str, str]:
        content = node.node(key)
        if content is None:
            return {}
        if isinstance(content, Scalar) and content.value not in (None, ""):
            self._check_path(content.text, content.mark)
            return {content.text: ""}
        if not isinstance(content, Mapping):
            self._findings.add(
                content.mark,
                f"{key}: is {kind_of(content)}; write a target path, or {{target path: part of its sentence}}",
            )
            return {}
        sentences: dict[str, str] = {}
        for path, entry in content.entries.items():
            self._check_path(path, entry.mark)
            if isinstance(entry.node, Scalar):
                sentences[path] = entry.node.text
            else:
                self._findings.add(
                    entry.node.mark, f"{key}: the sentence for {path} is {kind_of(entry.node)}, not text"
                )
        return sentences

    def _check_path(self, path: str, mark: Mark) -> None:
        try:
            read_path(path)
        except PathError as error:
            self._findings.add(mark, str(error))
