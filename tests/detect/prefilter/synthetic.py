"""Random rules and random events, from a grammar of what the analysis understands and of what comes close to it."""

from __future__ import annotations

import json

from hypothesis import strategies as st

HEAD = """import re
from collections.abc import Mapping
from functools import lru_cache, reduce
from ipaddress import ip_address

WORDS = {"p", "q"}
LIST = ["p", "q"]
TUPLE = ("p", "pq", None)
MAP = {"p": True, "q": False, None: "p"}
PATTERN = re.compile("^p")
COUNT = 0
SEEN = []


def nested(value, *keys, default=None):
    out = reduce(lambda d, key: d.get(key, default) if isinstance(d, Mapping) else default, keys, value)
    return default if out is None else out


def is_q(value):
    if not value:
        return False
    return value.get("a") == "p" if isinstance(value, Mapping) else value == "q"


def has_p(values):
    for value in values:
        if value == "p":
            return True
    return False


@lru_cache
def size(value):
    return len(value)


def is_quiet(event):
    if event.get("a", "") or event.get("b", ""):
        return False
    return True


def counted(value):
    global COUNT
    COUNT += 1
    return value == "p"


def noted(value):
    SEEN.append(1)
    return len(SEEN) % 2 == 0


def maker():
    return False
    yield


"""
_TEXTS = ['"p"', '"q"', '"pq"', '""']
_CONSTANTS = [*_TEXTS, "None", "True", "False", "0", "1", "1.0"]
_CONTAINERS = ["WORDS", "LIST", "TUPLE", "MAP", "[1, None]"]
_STATEFUL = ["bool(maker())", "maker()", "counted(event.get('a'))", "noted(1)", "COUNT == 2", "len(SEEN) == 1"]
_KEYS = ["a", "b", "o"]
_INNER = ["x", "y"]

_key, _inner = st.sampled_from(_KEYS), st.sampled_from(_INNER)
_constant, _text = st.sampled_from(_CONSTANTS), st.sampled_from(_TEXTS)


def _joined(template: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(lambda values: template.format(*values))


_field = st.one_of(
    _joined("event.get({0!r}{1})", _key, st.sampled_from(["", ', ""', ', "p"', ", None", ", {{}}", ", []"])),
    _joined(
        'event.deep_get("o", {0!r}{1})', _inner, st.sampled_from(["", ', default=""', ', default="q"', ", default=False", ", default={{}}"])
    ),
    _joined('nested(event, "o", {0!r}{1})', _inner, st.sampled_from(["", ', default="p"'])),
    _joined("event[{0!r}]", _key),
    _joined('event["o"][{0!r}]', _inner),
    _joined('event.deep_walk("o", {0!r}{1})', _inner, st.sampled_from(["", ', "y"', ', default="p"', ', return_val="first"'])),
    _joined('event.deep_get("o", {0!r}, {1!r}{2})', _inner, _inner, st.sampled_from(["", ', default="p"'])),
    _joined('event.get("o", {{}}).get({0!r}, {{}}).get({1!r})', _inner, _inner),
    _joined('nested(event.get("o", {{}}), {0!r}, {1!r})', _inner, _inner),
    _joined('event.get("o", {{}}).get({0!r}{1})', _inner, st.sampled_from(["", ', "p"', ", None"])),
    _joined("event.get({0!r}, event.get({1!r}))", _key, _key),
    _joined("event.udm({0!r})", st.sampled_from(["path", "deep", "method", "a", "nothing"])),
    _joined("event.get({0!r})", st.sampled_from(["A", "p_source_label", "p_any_ip_addresses"])),
).map(lambda text: text.replace("{{}}", "{}"))


def _values(conditions: st.SearchStrategy[str], values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        _joined("{0}.{1}()", values, st.sampled_from(["lower", "upper", "strip", "keys", "copy"])),
        _joined('{0}.split("p")', values),
        _joined("{0}[0]", values),
        _joined("({0} or {1})", values, st.sampled_from([*_CONSTANTS, "{}", "[]"])),
        _joined("str({0})", values),
        _joined("({0} if {1} else {2})", values, conditions, values),
        _joined("MAP.get({0})", values),
        _joined("(lambda v: v)({0})", values),
        _joined("f'{{{0}}}q'", st.sampled_from([f'event.get("{key}")' for key in _KEYS])),
    )


def _conditions(conditions: st.SearchStrategy[str], values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        _joined("({0} {1} {2})", values, st.sampled_from(["==", "!="]), _constant),
        _joined("({0} {1} {2})", values, st.sampled_from(["is", "is not"]), st.sampled_from(["None", "True", "False"])),
        _joined(
            "({0} {1} {2})", values, st.sampled_from(["in", "not in"]), st.sampled_from(["WORDS", "LIST", "TUPLE", "MAP", "[1, None]"])
        ),
        _joined("({0} {1} event)", _text, st.sampled_from(["in", "not in"])),
        _joined('("a" {0} event)', st.sampled_from(["in", "not in"])),
        _joined('({0!r} {1} event.get("o", {{}}))', _inner, st.sampled_from(["in", "not in"])),
        _joined("({0} in {1})", _text, values),
        _joined("{0}.{1}({2})", values, st.sampled_from(["startswith", "endswith"]), st.sampled_from([*_TEXTS, '("p", "q")', "TUPLE"])),
        _joined("bool(PATTERN.search({0}))", values),
        _joined("isinstance({0}, {1})", values, st.sampled_from(["str", "list", "dict", "(str, bool)", "Mapping"])),
        _joined("({0} == {1})", values, values),
        _joined("is_q({0})", values),
        _joined("has_p({0})", values),
        _joined("(size({0}) > 1)", values),
        st.sampled_from(
            ["is_quiet(event)", "bool(maker())", "maker()", "counted(event.get('a'))", "noted(1)", "COUNT == 2", "len(SEEN) == 1"]
        ),
        _joined("any({0} == z for z in LIST)", values),
        _joined("any(z == 'p' for z in {0})", values),
        _joined("any(event.get({0!r}) == z for z in LIST)", _key),
        _joined("all([{0}, {1}, {2}])", conditions, values, conditions),
        _joined("(len({0}) > 1)", values),
        _joined("({0} > {1})", values, st.sampled_from(["1", '"p"'])),
        _joined("(not {0})", conditions),
        _joined("({0} {1} {2})", conditions, st.sampled_from(["and", "or"]), conditions),
        values,
    )


def _grown(size: int) -> tuple[st.SearchStrategy[str], st.SearchStrategy[str]]:
    values: st.SearchStrategy[str] = _field
    conditions: st.SearchStrategy[str] = _joined("({0} {1} {2})", _field, st.sampled_from(["==", "!="]), _constant)
    for _ in range(size):
        values, conditions = st.one_of(_field, _field, _values(conditions, values)), _conditions(conditions, values)
    return values, conditions


_VALUES, _CONDITIONS = _grown(3)
_END = st.one_of(
    st.sampled_from(["return False", "return False", "return True", "return None", "pass"]), _joined("return {0}", _CONDITIONS)
)
_CAUGHT = st.sampled_from(
    ["ValueError", "(TypeError, KeyError)", "Exception", "AttributeError", "KeyError", "TypeError", "ValueError as error"]
)
_STATEMENT = st.one_of(
    _joined("if {0}:\n    {1}", _CONDITIONS, _END),
    _joined("if {0}:\n    {1}", _CONDITIONS, _END),
    _joined("if {0}:\n    {1}\nelse:\n    {2}", _CONDITIONS, _END, _END),
    _joined("v = {0}\nif v {1} {2}:\n    {3}", _VALUES, st.sampled_from(["==", "!=", "in"]), st.sampled_from([*_TEXTS, "LIST"]), _END),
    _joined("try:\n    w = {0}\nexcept {1}:\n    {2}", _VALUES, _CAUGHT, _END),
    _joined("try:\n    ip_address({0})\nexcept {1}:\n    {2}", _VALUES, _CAUGHT, _END),
    _joined("try:\n    if {0}:\n        {1}\nexcept {2}:\n    {3}\nelse:\n    {4}", _CONDITIONS, _END, _CAUGHT, _END, _END),
    _joined(
        "for z in {0}:\n    if z == {1}:\n        {2}",
        st.one_of(st.sampled_from(["LIST", "TUPLE", "MAP.items()"]), _field),
        _VALUES,
        st.sampled_from(["return True", "return False", "break", "continue"]),
    ),
    st.sampled_from(["SEEN.append(1)", "global COUNT\nCOUNT = 0", "x = SEEN\nx.append(2)", "LIST = []", "del event", "assert event"]),
)


def rule_codes() -> st.SearchStrategy[str]:
    """Code of a rule. Some of it does not compile; then there is no rule."""
    bodies = st.tuples(st.lists(_STATEMENT, min_size=1, max_size=3), _joined("return {0}", _CONDITIONS)).map(lambda b: [*b[0], b[1]])
    indented = bodies.map(lambda body: "\n".join("    " + line for statement in body for line in statement.split("\n")))
    return indented.map(lambda body: f"{HEAD}def rule(event):\n{body}\n")


_VALUE = st.sampled_from(
    [None, "", "p", "q", "pq", "Q", "192.0.2.1", True, False, 0, 1, 1.0, [], ["p"], {}, {"x": "p"}, {"a": "p"}, {"X": "p"}]
)
_SIMPLE = st.sampled_from([None, "", "p", "q", "pq", "192.0.2.1"])


def events() -> st.SearchStrategy[str]:
    """JSON texts."""
    any_value = st.one_of(_SIMPLE, _SIMPLE, _VALUE)
    innermost = st.dictionaries(st.sampled_from([*_INNER, *_INNER, "Y"]), any_value, max_size=2)
    inner = st.dictionaries(
        st.sampled_from([*_INNER, *_INNER, *_INNER, "X"]),
        st.one_of(any_value, any_value, innermost, st.lists(innermost, max_size=2)),
        max_size=3,
    )
    outer = st.fixed_dictionaries(
        {}, optional={"a": any_value, "b": any_value, "o": st.one_of(inner, inner, any_value), "net": inner, "p_source_label": any_value}
    )
    in_case = st.one_of(outer, outer, outer, st.tuples(outer, any_value).map(lambda pair: {**pair[0], "A": pair[1]}))
    return in_case.map(json.dumps)
