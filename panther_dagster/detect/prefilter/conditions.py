"""A rule's code -> a decision tree over single fields, found by running it over values that are not known yet.

One run goes through the code, and answers each question that depends on the event (Condition) by its first outcome; then the code is run
again, once for each other outcome of each question. A run that ends with exactly False, having done nothing that can be seen, is a leaf
RETURNS_FALSE. Everything else is CANDIDATE: another value, an exception, code that is not understood.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import FunctionType
from typing import Any, Final

from panther_dagster.detect.data_models import DataModel
from panther_dagster.detect.events import AddedFields
from panther_dagster.detect.prefilter.calls import CaughtByHandler
from panther_dagster.detect.prefilter.code import SourceCode
from panther_dagster.detect.prefilter.expressions import Expressions, Scope
from panther_dagster.detect.prefilter.names import GlobalNames, Guard
from panther_dagster.detect.prefilter.purity import Purity, is_exception_type
from panther_dagster.detect.prefilter.values import (
    CANDIDATE,
    EVENT,
    PLAIN_EVENT,
    RETURNS_FALSE,
    Branch,
    Closure,
    Condition,
    Display,
    Field,
    FieldValue,
    Outcome,
    Spellings,
    Tree,
    Unsupported,
    is_abstract,
    joined,
)
from panther_dagster.detect.rule import Rule

# A tree that needs more is cut: what is beyond is a candidate.
MAX_RUNS: Final = 600
# Of all rules of a log type together, some 2 ms each: analysis must not look like an engine that hangs (watch.py).
MAX_RUNS_OF_ALL: Final = 10_000
MAX_RUNS_OF_METHOD: Final = 100
MAX_CONDITIONS: Final = 40
MAX_STEPS: Final = 4_000
MAX_DEPTH: Final = 8
_PLAIN_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
# What makes calling a function something else than running its body, or its names something else than they seem.
_STRANGE = (ast.Yield, ast.YieldFrom, ast.Await, ast.Nonlocal)


@dataclass(frozen=True)
class RuleConditions:
    """What is known of a rule. `gaps`: why parts of it are candidates always, for reports and tests."""

    rule: Rule
    tree: Tree
    guards: tuple[Guard, ...] = ()
    gaps: tuple[str, ...] = ()

    @property
    def can_skip(self) -> bool:
        """Whether there are events that the rule need not run on."""
        waiting: list[Tree] = [self.tree]
        while waiting:
            tree = waiting.pop()
            if tree is RETURNS_FALSE:
                return True
            waiting.extend(tree.following.values() if isinstance(tree, Branch) else ())
        return False


class Analyzer:
    """Analyzes the rules of one log type, which share files and constants."""

    def __init__(self, log_type: str) -> None:
        self._log_type = log_type
        self._source = SourceCode()
        self._names = GlobalNames(self._source)
        self._purity = Purity(self._source, self._names)
        self.spellings = Spellings(AddedFields.may_have)
        self._kept: list[Any] = []
        self._methods: dict[int, tuple[FunctionType, tuple[Field, ...] | None, set[tuple[int, str]]]] = {}
        self._runs_left = MAX_RUNS_OF_ALL

    def read(self, rule: Rule) -> None:
        """Take note of what a rule's code may change, before any rule is analyzed."""
        self._source.read(vars(rule.module))
        model = rule.data_models.get(self._log_type)
        for method in model.methods.values() if model is not None else ():
            if isinstance(method, FunctionType):
                self._source.read(method.__globals__)

    def conditions_of(self, rule: Rule) -> RuleConditions:
        """The tree of a rule: its inline filter and rule()."""
        function = rule.functions.get("rule")
        if not isinstance(function, FunctionType) or self._source.function(function) is None:
            return RuleConditions(rule, CANDIDATE, gaps=("no code",))
        self._names.used = set()
        self._names.own = vars(rule.module)
        gaps: set[str] = set()
        try:
            condition = self._filter_condition(rule)
        except Unsupported as reason:
            return RuleConditions(rule, CANDIDATE, gaps=(str(reason),))
        budget = [MAX_RUNS]
        tree = self._tree(function, rule.data_models.get(self._log_type), (), budget, gaps)
        if condition is not None:
            tree = Branch(condition, {"yes": tree, "no": RETURNS_FALSE})
        return RuleConditions(rule, tree, tuple(self._names.guards(self._names.used)), tuple(sorted(gaps)))

    def _filter_condition(self, rule: Rule) -> Condition | None:
        """The inline filter as a condition on the fields that it names. Raises Unsupported when they are many or not plain."""
        check = rule.filter
        if check is None:
            return None
        fields = joined(self.spellings.field(name) for name in _filter_fields(rule.metadata.get("InlineFilters")))
        return Condition("holds", FieldValue(fields, f"filter {id(check)}", lambda evaluation: check(evaluation.event)))

    def _tree(
        self, function: FunctionType, model: DataModel | None, answers: tuple[Outcome, ...], budget: list[int], gaps: set[str]
    ) -> Tree:
        budget[0] -= 1
        self._runs_left -= 1
        if budget[0] < 0 or self._runs_left < 0:
            gaps.add("too many conditions")
            return CANDIDATE
        run = self._run(model, answers, gaps)
        tree = run.end_of(function)
        given = tuple(outcome for _, outcome in run.path)
        for position in range(len(given) - 1, len(answers) - 1, -1):
            condition, first = run.path[position]
            others = [outcome for outcome in _outcomes_within(condition) if outcome != first]
            following = {first: tree} | {
                outcome: self._tree(function, model, (*given[:position], outcome), budget, gaps) for outcome in others
            }
            tree = CANDIDATE if all(end is CANDIDATE for end in following.values()) else Branch(condition, following)
        return tree

    def _run(self, model: DataModel | None, answers: tuple[Outcome, ...], gaps: set[str]) -> _Run:
        def fields_of_method(method: FunctionType) -> tuple[Field, ...] | None:
            return self._fields_of_method(method, model)

        return _Run(self._source, self._names, self._purity, self.spellings, model, fields_of_method, answers, self._kept, gaps)

    def _fields_of_method(self, method: FunctionType, model: DataModel | None) -> tuple[Field, ...] | None:
        """The fields that a data model's method computes its value from, and does nothing else; None when it may, or they are many.

        Such a value is one to a rule, which has a condition or two on it. Entered, each way through the method is a way through the rule.
        """
        known = self._methods.get(id(method))
        if known is None:
            outer, self._names.used = self._names.used, set()
            try:
                fields = self._explored(method, model)
            except Unsupported:
                fields = None
            known = self._methods[id(method)] = (method, fields, self._names.used)
            self._names.used = outer
        if known[1] is not None:
            self._names.used |= known[2]
        return known[1]

    def _explored(self, method: FunctionType, model: DataModel | None) -> tuple[Field, ...]:
        fields: set[Field] = set()
        waiting: list[tuple[Outcome, ...]] = [()]
        for _ in range(MAX_RUNS_OF_METHOD):
            answers = waiting.pop()
            self._runs_left -= 1
            run = self._run(model, answers, set())
            fields.update(_fields_of(run.value_of(method)))
            given = tuple(outcome for _, outcome in run.path)
            for position in range(len(answers), len(given)):
                condition, first = run.path[position]
                fields.update(condition.value.fields)
                waiting += [(*given[:position], outcome) for outcome in _outcomes_within(condition) if outcome != first]
            known = joined(fields)
            if not waiting:
                return known
        raise Unsupported("too many conditions")


class _Returned(Exception):
    def __init__(self, value: Any) -> None:
        self.value = value


class _Break(Exception):
    pass


class _Continue(Exception):
    pass


class _Run(Expressions):
    """One run through a rule, with the given answers to its first questions. `path`: all that it has asked, and the answers."""

    def __init__(
        self,
        source: SourceCode,
        names: GlobalNames,
        purity: Purity,
        spellings: Spellings,
        model: DataModel | None,
        fields_of_method: Callable[[FunctionType], tuple[Field, ...] | None],
        answers: tuple[Outcome, ...],
        kept: list[Any],
        gaps: set[str],
    ) -> None:
        self._source = source
        self.names = names
        self.purity = purity
        self.spellings = spellings
        self.model = model
        self.fields_of_method = fields_of_method
        self._answers = answers
        self._kept = kept
        self._gaps = gaps
        self._known: dict[tuple[Any, ...], Outcome] = {}
        self.path: list[tuple[Condition, Outcome]] = []
        self._steps = 0
        self._depth = 0
        self.handlers = []

    def end_of(self, function: FunctionType) -> Tree:
        """CANDIDATE or RETURNS_FALSE."""
        try:
            value = self.enter(function, [EVENT], {})
            if value is False:
                return RETURNS_FALSE
            if isinstance(value, FieldValue):
                return RETURNS_FALSE if self.decide(Condition("is_false", value.outlined(self.spellings))) == "yes" else CANDIDATE
            return CANDIDATE
        except Unsupported as reason:
            self._gaps.add(str(reason))
            return CANDIDATE
        except CaughtByHandler:
            return CANDIDATE
        except Exception as surprise:
            self._gaps.add(f"internal: {surprise!r}")
            return CANDIDATE

    def value_of(self, method: FunctionType) -> Any:
        """What a data model's method returns. Raises Unsupported."""
        self._depth = 1  # as when a rule calls it: it sets no global
        try:
            return self.enter(method, [PLAIN_EVENT], {})
        except Unsupported:
            raise
        except Exception as surprise:
            raise Unsupported(f"internal: {surprise!r}") from surprise

    def decide(self, condition: Condition) -> Outcome:
        known = self._known.get(condition.id)
        if known is None:
            asked = len(self.path)
            if asked >= MAX_CONDITIONS:
                raise Unsupported("too many conditions")
            known = self._answers[asked] if asked < len(self._answers) else _outcomes_within(condition)[0]
            self._known[condition.id] = known
            self.path.append((condition, known))
        return known

    def count_step(self) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise Unsupported("too many steps")

    def enter(self, function: FunctionType | Closure, arguments: list[Any], keywords: dict[str, Any]) -> Any:
        if isinstance(function, Closure):
            node: ast.FunctionDef | ast.Lambda = function.node
            outer, module_names, defaults = function.scope, function.scope.module_names, []
            keyword_defaults: dict[str, Any] = {}
            if node.args.defaults or any(default is not None for default in node.args.kw_defaults):
                raise Unsupported("defaults of an inner function")
        else:
            found = self._source.function(function)
            if found is None or found.decorator_list:
                raise Unsupported(f"function {function.__name__}")
            self.names.code_of(function)
            node, outer, module_names, defaults = found, None, function.__globals__, list(function.__defaults__ or ())
            keyword_defaults = dict(function.__kwdefaults__ or {})
        if not self._source.node_types(node).isdisjoint(_STRANGE):
            raise Unsupported("generator")
        bound = _bound(node.args, arguments, keywords, defaults, keyword_defaults)
        scope = Scope(keyword_defaults | bound, self._source.local_names(node), module_names, outer)
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Unsupported("calls too deep")
        try:
            if isinstance(node, ast.Lambda):
                return self.evaluate(node.body, scope)
            try:
                self._block(node.body, scope)
            except _Returned as returned:
                return returned.value
            return None
        finally:
            self._depth -= 1

    def _block(self, body: list[ast.stmt], scope: Scope) -> None:
        for statement in body:
            self.count_step()
            self._statement(statement, scope)

    def _statement(self, statement: ast.stmt, scope: Scope) -> None:
        if isinstance(statement, ast.Return):
            raise _Returned(None if statement.value is None else self.evaluate(statement.value, scope))
        if isinstance(statement, ast.If):
            self._block(statement.body if self.truth(self.evaluate(statement.test, scope)) else statement.orelse, scope)
        elif isinstance(statement, ast.Assign):
            value = self.evaluate(statement.value, scope)
            for target in statement.targets:
                self._assign(target, value, scope)
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            self._assign(statement.target, self.evaluate(statement.value, scope), scope)
        elif isinstance(statement, ast.Expr):
            self.evaluate(statement.value, scope)
        elif isinstance(statement, ast.For):
            self._loop(statement, scope)
        elif isinstance(statement, ast.Break):
            raise _Break
        elif isinstance(statement, ast.Continue):
            raise _Continue
        elif isinstance(statement, ast.FunctionDef) and not statement.decorator_list:
            scope.names[statement.name] = Closure(statement, scope)
        elif isinstance(statement, ast.Try) and not statement.finalbody:
            self._try(statement, scope)
        elif not isinstance(statement, (ast.Pass, ast.Global)):  # a global that is assigned to is none of the function's own names
            raise Unsupported(type(statement).__name__)

    def _assign(self, target: ast.expr, value: Any, scope: Scope) -> None:
        # A global that is set whatever the event is set again before any other function of the rule can read it.
        is_reset = not self._known and self._depth == 1
        for part in target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]:
            if not isinstance(part, ast.Name) or not (is_reset or part.id in scope.own):
                raise Unsupported("an effect")
        self.bind(target, value, scope)

    def _loop(self, statement: ast.For, scope: Scope) -> None:
        for item in self.items(self.evaluate(statement.iter, scope)):
            self._assign(statement.target, item, scope)
            try:
                self._block(statement.body, scope)
            except _Break:
                return
            except _Continue:
                continue
        self._block(statement.orelse, scope)

    def _try(self, statement: ast.Try, scope: Scope) -> None:
        handlers = tuple(self._caught_types(handler, scope) for handler in statement.handlers)
        depth = self._depth
        self.handlers.append(handlers)
        try:
            self._block(statement.body, scope)
        except CaughtByHandler as caught:
            self.handlers.pop()
            self._depth = depth
            handler = statement.handlers[caught.number]
            if handler.name is not None:
                scope.names.pop(handler.name, None)  # the exception itself is not known: reading it ends the analysis
            self._block(handler.body, scope)
            return
        except BaseException:
            self.handlers.pop()
            raise
        self.handlers.pop()
        self._block(statement.orelse, scope)

    def _caught_types(self, handler: ast.ExceptHandler, scope: Scope) -> tuple[type[BaseException], ...]:
        if handler.type is None:
            raise Unsupported("except: without a type")
        value = self.evaluate(handler.type, scope)
        types = value if isinstance(value, tuple) else (value,)
        if not all(map(is_exception_type, types)):
            raise Unsupported("exception type")
        return types


def _outcomes_within(condition: Condition) -> list[Outcome]:
    """The outcomes after which the code goes on."""
    return [*(["yes"] if condition.kind == "runs" else ["yes", "no"]), *range(len(condition.handlers))]


def _fields_of(value: Any) -> Iterator[Field]:
    if isinstance(value, FieldValue):
        yield from value.fields
    elif isinstance(value, Display):
        for item in value.items:
            yield from _fields_of(item)
    elif is_abstract(value):
        raise Unsupported("a function or the event as a value")


def _bound(
    parameters: ast.arguments,
    arguments: list[Any],
    keywords: Mapping[str, Any],
    defaults: list[Any],
    keyword_defaults: Mapping[str, Any],
) -> dict[str, Any]:
    """Values of the parameters of a call."""
    names = [a.arg for a in (*parameters.posonlyargs, *parameters.args)]
    keyword_only = [a.arg for a in parameters.kwonlyargs]
    if parameters.kwarg is not None or parameters.posonlyargs or (len(arguments) > len(names) and parameters.vararg is None):
        raise Unsupported("parameters")
    bound = dict(zip(names[len(names) - len(defaults) :], defaults, strict=True)) if defaults else {}
    bound.update(zip(names, arguments, strict=False))
    if parameters.vararg is not None:
        bound[parameters.vararg.arg] = tuple(arguments[len(names) :])
    for name, value in keywords.items():
        if name not in (*names, *keyword_only) or name in names[: len(arguments)]:
            raise Unsupported("parameters")
        bound[name] = value
    if not {*names, *keyword_only} <= bound.keys() | keyword_defaults.keys():
        raise Unsupported("parameters")
    return bound


def _filter_fields(node: Any) -> Iterator[str]:
    """First names of all targets. Raises Unsupported for a path that is not plain."""
    if isinstance(node, list):
        for item in node:
            yield from _filter_fields(item)
    elif isinstance(node, Mapping):
        if "Key" in node:
            yield str(node["Key"])
        elif "DeepKey" in node:
            yield str(node["DeepKey"][0])
        elif "KeyPath" in node or "target" in node:
            path = str(node.get("KeyPath", node.get("target")))
            if not _PLAIN_PATH.fullmatch(path):
                raise Unsupported("inline filter")
            yield path.partition(".")[0]
        else:
            for item in node.values():
                yield from _filter_fields(item)
