"""Bugs put into the prefilter on purpose: each must change a result of this file's rules on its events, or these would not test much."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from detect.packs import write_data_model, write_helper, write_rule
from detect.prefilter.differential import compare

from panther_dagster.detect.events import AddedFields
from panther_dagster.detect.pack import RuleSet, load_rules
from panther_dagster.detect.prefilter import calls, code, conditions, expressions, fields, names, prefilter, purity, records
from panther_dagster.detect.prefilter.fields import _OUTLINES, MISSING, EventFields, FieldDecoder, Missing, _Object
from panther_dagster.detect.prefilter.index import Machine
from panther_dagster.detect.prefilter.records import Records
from panther_dagster.detect.prefilter.values import RETURNS_FALSE, Condition, Evaluation, FieldValue, Outcome

HELPERS = {
    "words": "WORDS = ['w']\n",
    "counter": "N = 0\ndef count():\n    global N\n    N += 1\n    return N\n",
}
RULES = {
    "null": "def rule(event):\n    return event.get('a', 'x') is None\n",
    "not_equal": "def rule(event):\n    return event.get('a') != 'x'\n",
    "key": "def rule(event):\n    return event['a'] == 'x'\n",
    "spelling": "def rule(event):\n    return event.get('k') == 'x'\n",
    "one": "def rule(event):\n    return event.get('n') is True\n",
    "falsy": "def rule(event):\n    return event.get('a')\n",
    "no_return": "def rule(event):\n    if event.get('a') == 'x':\n        return False\n",
    "method": "def rule(event):\n    return event.get('a').startswith('zz')\n",
    "handler": "def rule(event):\n    try:\n        return event['a'].lower() == 'zz'\n    except KeyError:\n        return False\n",
    "loop": "def rule(event):\n    for v in event.get('l', []):\n        if v == 'x':\n            return True\n    return False\n",
    "label": "def rule(event):\n    return event.get('p_source_label') == 'Source'\n",
    "own_label": "def rule(event):\n    return event.get('p_source_label') == 'own'\n",
    "model": "def rule(event):\n    return event.udm('kind') == 'none'\n",
    "model_branch": "def rule(event):\n    return event.udm('kind') == 'z'\n",
    "same": "def rule(event):\n    return event.get('o') is not event.get('o')\n",
    "generator": "def verdict():\n    return False\n    yield\ndef rule(event):\n    return verdict()\n",
    "unread": "def rule(event):\n    event['b']\n    return False\n",
    "effect": "LAST = None\ndef rule(event):\n    global LAST\n    if event.get('a') == 'x':\n        LAST = 'set'\n        return False\n"
    "    return event.get('a') == 'y'\ndef title(event):\n    return f'{LAST}'\n",
    "append": "SEEN = []\ndef rule(event):\n    if event.get('a') == 'x':\n        (SEEN or SEEN).append(1)\n        return False\n"
    "    return event.get('a') == 'y'\ndef title(event):\n    return f'{len(SEEN)}'\n",
    "exec": "SEEN = []\ndef rule(event):\n    if event.get('a') == 'x':\n        exec('S.append(1)', {'S': SEEN})\n        return False\n"
    "    return event.get('a') == 'y'\ndef title(event):\n    return f'{len(SEEN)}'\n",
    "inner_function": "def rule(event):\n    found = False\n    def mark():\n        if False:\n            nonlocal found\n"
    "        found = event.get('a') == 'x'\n"
    "    mark()\n    return found\n",
    # `reads` comes before `writes` in the order of ids.
    "hidden_writes": "from words import WORDS\ndef rule(event):\n    if event.get('a') != 'change':\n        return False\n"
    "    alias = WORDS\n    alias.append(event.get('a'))\n    return True\n",
    "hidden_zreads": "from words import WORDS\ndef rule(event):\n    return event.get('a') in WORDS\n",
    "count_reads": "import counter\ndef rule(event):\n    return counter.N == 1\n",
    "count_writes": "from counter import count\ndef rule(event):\n    return count() < 0\n",
    "rebinds": "import words\nLIMIT = 'x'\ndef rule(event):\n    return event.get('a') == LIMIT\ndef title(event):\n"
    "    globals()['LIMIT'] = 'y'\n    return 't'\n",
    "inner": "def rule(event):\n    return event.deep_get('o', 'i', 'j') == 'x'\n",
    "inner_item": "def rule(event):\n    return event['o']['i'] == 'x'\n",
    "inner_get": "def rule(event):\n    return event.get('o', {}).get('i') == 'x'\n",
    "inner_struct": "def rule(event):\n    return event.get('q', {}).get('i') == 'x'\n",
    "inner_default": "def rule(event):\n    return event.get('o', {'i': 'y'}).get('i') is None\n",
    "inner_truth": "def rule(event):\n    return bool(event.get('m'))\n",
    "inner_empty": "def rule(event):\n    return not event.get('o', {'z': 1})\n",
    "inner_two": "def rule(event):\n    return event.deep_get('o', 'i') == 'y' and event.deep_get('o', 'k') == 'x'\n",
    "list_truth": "def rule(event):\n    return event.get('l') == [] or not event.get('l', [1])\n",
    "stale": "def rule(event):\n    return event.get('a') == 'x'\n",
}
TEXTS = [
    *[json.dumps(event) for event in ({}, {"a": None}, {"a": "x"}, {"a": "y"}, {"a": ""}, {"a": 1}, {"a": "x", "o": {}}, {"b": "z"})],
    *[f'{{"a":"y","n":{n}}}' for n in ("1", "1.0", "true")],
    *['{"K":"x"}', '{"\u212a":"x"}', '{"k":"y","k":"x"}', '{"k":"y","K":"x"}', '{"l":["x"]}', '{"l":[]}', '{"o":{"i":1}}'],
    *[
        '{"m":{"z":1}}',
        '{"q":{"i":"y"}}',
        '{"q":null}',
        '{"o":{"i":{"j":"x"}}}',
        '{"o":{"i":"x"}}',
        '{"o":{"i":"y","k":"x"}}',
        '{"o":{"i":"y"}}',
        '{"o":{"I":"x"}}',
        '{"o":"i"}',
        '{"o":null}',
    ],
    *['{"p_source_label":"own"}', '{"a":"change"}', '{"a":"change"}', '{"a":"w"}', '{"a":"x"}', '{"a":"y"}'],
]


def packs(root: Path) -> tuple[RuleSet, RuleSet]:
    """The rules, loaded twice, since some keep state."""
    for name, text in HELPERS.items():
        write_helper(root, name, text)
    write_data_model(
        root,
        "Test.Model",
        "Test.Type",
        "[{Name: kind, Method: kind}]",
        "def kind(event):\n    return event.get('k') or event.get('b', 'none')\n",
    )
    files = {name: write_rule(root, f"Test.{name}", text) for name, text in RULES.items()}
    rules, others = load_rules([root]), load_rules([root])
    assert not rules.errors
    files["stale"].with_suffix(".py").write_text("def rule(event):\n    return event.get('a') == 'never'\n")
    return rules, others


def test_without_a_bug_the_results_are_the_same(tmp_path: Path) -> None:
    rules, others = packs(tmp_path)

    left = compare(rules, "Test.Type", TEXTS, others=others)

    assert left < 0.75 * len(TEXTS) * len(RULES)


def _outcome(wrong: Callable[[Condition, Any, Exception | None, Outcome], Outcome]) -> Callable[[pytest.MonkeyPatch], None]:
    """Conditions whose outcome passes through `wrong(condition, value, error, right outcome)`."""
    right = Condition.outcome

    def outcome(self: Condition, evaluation: Evaluation) -> Outcome:
        value, error = None, None
        try:
            value = evaluation.value(self.value)
        except Exception as raised:
            error = raised
        return wrong(self, value, error, right(self, evaluation))

    return lambda patch: patch.setattr(Condition, "outcome", outcome)


def _replace(owner: Any, name: str, value: Any) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setattr(owner, name, value)


def _no_event_is_as_most(patch: pytest.MonkeyPatch) -> None:
    """Bugs in fields.py show when records.py does not take its work away."""
    right = Records.__init__

    def refuse(text: bytes) -> Any:
        raise ValueError

    def init(self: Any, *arguments: Any) -> None:
        right(self, *arguments)
        self.decode = refuse

    patch.setattr(Records, "__init__", init)


def _missing_as_null(patch: pytest.MonkeyPatch) -> None:
    right = prefilter.Prefilter._event_of

    def event_of(self: Any, read: tuple[Any, ...], key: Any) -> Any:
        keys = key if len(read) > 1 else (key,)
        keys = tuple(None if key is MISSING[0] else key for key in keys)
        return right(self, read, keys if len(read) > 1 else keys[0])

    patch.setattr(prefilter.Prefilter, "_event_of", event_of)


def _variants_ignored(is_ignored: Callable[[str], bool]) -> Callable[[pytest.MonkeyPatch], None]:
    right = FieldDecoder.record

    def record(self: Any, text: bytes) -> Any:
        try:
            values = json.loads(text)
        except ValueError:
            return right(self, text)
        kept = {key: value for key, value in values.items() if key in self._spellings or not is_ignored(key)}
        return right(self, text) if kept == values else right(self, json.dumps(kept).encode())

    return lambda patch: patch.setattr(FieldDecoder, "record", record)


def _variants_within_ignored(patch: pytest.MonkeyPatch) -> None:
    right = _Object.__init__

    def init(self: Any, read: Any, depth: int, decoder: Any) -> None:
        right(self, read, depth, decoder)
        decoder._spelling_by_folded = {}

    patch.setattr(_Object, "__init__", init)


def _first_of_equal_keys(patch: pytest.MonkeyPatch) -> None:
    right = FieldDecoder.record

    def first(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return dict(reversed(pairs))

    _no_event_is_as_most(patch)

    def record(self: Any, text: bytes) -> Any:
        return right(self, json.dumps(json.loads(text, object_pairs_hook=first)).encode())

    patch.setattr(FieldDecoder, "record", record)


def _read_otherwise(wrong: Callable[[tuple[str, ...], Any], Any]) -> Callable[[pytest.MonkeyPatch], None]:
    """Fields of which the machine gets the key `wrong(field, right key)`."""
    right = EventFields.reader

    def reader(self: Any, field: tuple[str, ...]) -> Any:
        read = right(self, field)
        return lambda record, index: wrong(field, read(record, index))

    def put(patch: pytest.MonkeyPatch) -> None:
        _no_event_is_as_most(patch)
        patch.setattr(EventFields, "reader", reader)

    return put


def _number(key: Any) -> Any:
    return json.loads(key) if isinstance(key, bytes) and key[:1] not in (b"[", b"{", b'"') else key


def _columns_win(patch: pytest.MonkeyPatch) -> None:
    right = EventFields.reader

    def reader(self: Any, field: tuple[str, ...]) -> Any:
        if not AddedFields.may_have(field[0]):
            return right(self, field)
        return lambda record, index: self._added.value(field[0], index) or MISSING[0]

    _no_event_is_as_most(patch)

    patch.setattr(EventFields, "reader", reader)


def _without_else(right: Callable[..., Iterator[str]]) -> Callable[..., Iterator[str]]:
    def lines(*arguments: Any) -> Iterator[str]:
        for line in right(*arguments):
            before, is_ended, _ = line.partition(" if ")
            yield f"{before.rpartition(' = ')[0]} = None" if is_ended and " = " in before else line

    return lines


def _object_of_the_first_row(patch: pytest.MonkeyPatch) -> None:
    right = _Object.value

    def value(self: Any, record: Any, index: int) -> Any:
        return right(self, record, index) if self._record is None else self._value

    patch.setattr(_Object, "value", value)


def _unknown_names_pass(patch: pytest.MonkeyPatch) -> None:
    right = msgspec.defstruct
    patch.setattr(
        msgspec, "defstruct", lambda name, members, **options: right(name, members, **{**options, "forbid_unknown_fields": False})
    )


def _none_is_false(patch: pytest.MonkeyPatch) -> None:
    right = conditions._Run.enter

    def enter(self: Any, *arguments: Any) -> Any:
        is_rule = self._depth == 0
        value = right(self, *arguments)
        return False if is_rule and value is None else value

    patch.setattr(conditions._Run, "enter", enter)


def _demoted_not_run(patch: pytest.MonkeyPatch) -> None:
    right = prefilter.Prefilter._demote_changed

    def demote(self: Any) -> list[Any]:
        right(self)
        return []

    patch.setattr(prefilter.Prefilter, "_demote_changed", demote)


def _contents_not_guarded(patch: pytest.MonkeyPatch) -> None:
    right = names.Guards.__init__

    def init(self: Any, guards: Any, own: Any = ()) -> None:
        right(self, guards, own)
        self._values, self._copies = [], []

    patch.setattr(names.Guards, "__init__", init)


def _conditions_dropped(patch: pytest.MonkeyPatch) -> None:
    right = Machine._joined

    def joined(self: Any, condition: Condition, following: Any) -> Any:
        if all(end is RETURNS_FALSE for end in following.values()):
            return RETURNS_FALSE
        return right(self, condition, following)

    patch.setattr(Machine, "_joined", joined)


def _first_question(patch: pytest.MonkeyPatch) -> None:
    right = conditions._Run.value_of

    def value_of(self: Any, method: Any) -> Any:
        found = right(self, method)
        if not self.path:
            return found
        (condition, _), self.path = self.path[0], []
        return condition.value

    patch.setattr(conditions._Run, "value_of", value_of)


BUGS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "a missing field is null": _missing_as_null,
    "keys in another case are not seen": _variants_ignored(lambda key: True),
    "keys in another case are seen in ASCII only": _variants_ignored(lambda key: not key.isascii()),
    "the first of two equal keys counts": _first_of_equal_keys,
    "1, 1.0 and true are remembered as one": _read_otherwise(lambda field, key: _number(key)),
    "an object without a name is no object": _read_otherwise(lambda field, key: MISSING[0] if isinstance(key, Missing) else key),
    "what is no object is missing": _read_otherwise(
        lambda field, key: key[0] if isinstance(key, tuple) and isinstance(key[0], Missing) else key
    ),
    "names in another case within objects are not seen": _variants_within_ignored,
    "a missing field of an event like most is an empty object": _replace(records, "MISSING", tuple(map(Missing, range(1, 8)))),
    "a member of an object that is none is null": _replace(records.Together, "_read_object", _without_else(records.Together._read_object)),
    "names that are not known are passed over": _unknown_names_pass,
    "columns are not read for events like most": _replace(records, "has_column", lambda name: False),
    "objects are those of the first row": _object_of_the_first_row,
    "an empty object is as good as a full one": _replace(
        fields, "_OUTLINES", {start: (full, full) for start, (_, full) in _OUTLINES.items()}
    ),
    "an outline tells what is in an object": _replace(FieldValue, "outlined", lambda self, spellings: self.at(spellings, "i")),
    "!= is false for what is missing": lambda patch: patch.setitem(
        expressions._COMPARISONS, ast.NotEq, lambda left, right: left is not None and left != right
    ),
    "an exception counts as no": _outcome(lambda c, v, error, right: ("no" if c.kind == "holds" else "yes") if error else right),
    "every handler catches everything": _outcome(lambda c, v, error, right: 0 if error and c.handlers else right),
    "whatever is not true counts as False": _outcome(
        lambda c, value, e, right: ("no" if value else "yes") if c.kind == "is_false" else right
    ),
    "None counts as False": _none_is_false,
    "the columns win over the event's own fields": _columns_win,
    "the columns are not read": _replace(AddedFields, "may_have", staticmethod(lambda name: False)),
    "methods of data models are not called": _replace(calls.Calls, "_udm", lambda self, keys, default: None),
    "only one way through a method is looked at": _replace(conditions, "_outcomes_within", lambda condition: ["yes"]),
    "a method's fields are those of its first question": _first_question,
    "loops over fields are skipped": _replace(expressions, "_is_empty", lambda value: True),
    "objects are compared by identity": _replace(purity, "check_identity", lambda node: None),
    "generator functions run when they are called": _replace(conditions, "_STRANGE", (ast.Nonlocal,)),
    "nonlocal is not heeded": _replace(conditions, "_STRANGE", (ast.Yield,)),
    "setting a global is no effect": _replace(
        conditions._Run, "_assign", lambda self, target, value, scope: self.bind(target, value, scope)
    ),
    "append has no effect": _replace(purity, "PURE_METHODS", purity.PURE_METHODS | {"append"}),
    "every call is pure": _replace(purity, "is_pure_call", lambda function: True),
    "code that has changed is believed": _replace(
        code._File, "definition", lambda self, wanted: self._nodes.get((wanted.co_firstlineno, wanted.co_name))
    ),
    "changed globals are not looked for": _replace(code.SourceCode, "is_changed", lambda self, names, name, *, is_own: False),
    "guards are not asked": _replace(names.Guards, "hold", lambda self, ran=None: True),
    "guards do not look into lists": _contents_not_guarded,
    "rules whose guards fail are not run on that row": _demoted_not_run,
    "conditions that lead to False alone are dropped though they may raise": _conditions_dropped,
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_changes_a_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bug: str) -> None:
    rules, others = packs(tmp_path)
    BUGS[bug](monkeypatch)

    with pytest.raises((AssertionError, ValueError)):
        compare(rules, "Test.Type", TEXTS, others=others)
