"""What rules read, as far as their code says it."""

from __future__ import annotations

import ast

import pytest

from panther_dagster.detect.field_reads import path_reads


def paths(expression: str) -> set[str]:
    tree = ast.parse(f"def rule(event):\n    return {expression}\n")
    return {".".join(read.path) for read in path_reads(tree)}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("event['a']", {"a"}),
        ("event.get('a', {}).get('b') == 1", {"a", "a.b"}),
        ("event['a']['b'].get('c')", {"a", "a.b", "a.b.c"}),
        ("event.deep_get('a', 'b', default='x')", {"a.b"}),
        ("event.deep_walk('a', 'b')[0]", {"a.b"}),
        ("event.deep_get('a', name, 'c')", {"a"}),
        ("event.get(name)", set()),
        ("other.get('a')", set()),
        ("event.get('a').lower()", {"a"}),
        ("any(x.get('b') for x in event.get('a'))", {"a"}),
    ],
)
def test_a_path_is_as_deep_as_one_expression_names_it(expression: str, expected: set[str]) -> None:
    assert paths(expression) == expected


def test_a_read_says_its_function_and_line_and_other_functions_do_not_count() -> None:
    tree = ast.parse("def helper(event):\n    return event['x']\n\n\ndef title(e):\n    return (\n        e['a']\n    )\n")

    assert [(read.path, read.function, read.line) for read in path_reads(tree)] == [(("a",), "title", 7)]
