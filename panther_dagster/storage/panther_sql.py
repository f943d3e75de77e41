"""SQL as it is written for Panther -> SQL of the lake: Snowflake's dialect, the p_ macros, templates. Knows no lake and runs nothing.

What carries over: `panther_logs.public.aws_cloudtrail`, `userIdentity:arn::string`, `lateral flatten`, `p_occurs_since('1 day')` and its
kin, `-- pragma: template` with macros of saved queries. sqlglot translates functions and types; this module adds what it cannot know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import jinja2
import jinja2.sandbox
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokens import Token, TokenType

from panther_dagster.errors import LakeError

DIALECT: Final = "snowflake"
_SECONDS: Final = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3_600),
    **dict.fromkeys(("d", "day", "days"), 86_400),
    **dict.fromkeys(("w", "wk", "wks", "week", "weeks"), 604_800),
}
_OFFSET: Final = re.compile(r"'?\s*(\d+)\s*([a-z]*)\s*'?", re.IGNORECASE)
_TEMPLATE: Final = re.compile(r"\A\s*--\s*pragma:\s*template\b", re.IGNORECASE)
# `{% import 'anomalies' a, b %}` and `{% macro a(x) export %}` are Panther's; Jinja says from ... import, and exports all macros.
_IMPORT: Final = re.compile(r"{%-?\s*import\s+(['\"][^'\"]+['\"])\s+(?!as\b)(\w+(?:\s*,\s*\w+)*)\s*-?%}")
_EXPORT: Final = re.compile(r"({%-?\s*macro\b[^%]*\))\s*export\s*(-?%})")
_WRITTEN_FOR_PANTHER: Final = re.compile(r"\bpanther_\w+\.public\.\w|\bp_occurs_\w+\s*\(|\bp_current_timestamp\s*\(", re.IGNORECASE)
_MACROS: Final = ("p_occurs_since", "p_occurs_between", "p_occurs_around", "p_occurs_after", "p_occurs_before", "p_current_timestamp")
_JSON_PARENTS: Final = (exp.JSONExtract, exp.Explode, exp.Kwarg, exp.Flatten)


def lake_sql(text: str, *, now_utc: datetime, dialect: str = "duckdb", templates: Mapping[str, str] | None = None) -> str:
    """One statement of the lake's dialect.

    Values at a path (`details:ip`) are text, null where the path is absent, unless cast.

    Args: now_utc: naive; what the p_ macros and current_timestamp count from. templates: texts of saved queries by name, which a
        template may import.
    Raises: LakeError: names what cannot be translated, with the line.
    """
    statement = _rendered(text, templates or {}) if _TEMPLATE.match(text) else text
    try:
        tree = sqlglot.parse_one(_without_macros(statement, now_utc), dialect=DIALECT)
        tree = tree.transform(_own_tables).transform(_own_clock, now_utc)
        _search_arrays(tree)
        _read_paths(tree)
        _unnest_flattened(tree)
        return tree.sql(dialect=dialect)
    except SqlglotError as error:
        raise LakeError(f"the query cannot be read: {_first_line(error)}") from error


def is_panther_sql(text: str) -> bool:
    """Whether a statement can only have been written for Panther: it names its databases or macros, or is one of its templates."""
    return bool(_TEMPLATE.match(text) or _WRITTEN_FOR_PANTHER.search(text))


def offset_seconds(text: str) -> int:
    """Seconds of an offset as the p_ macros take it: `'1 day'`, `90m`, `3600`. Raises LakeError."""
    found = _OFFSET.fullmatch(text.strip())
    if found is None or (unit := found[2].lower() or "s") not in _SECONDS:
        raise LakeError(f"'{text.strip()}' is no offset; write a number and a unit, as '30 minutes', '1 day' or 3600 (seconds)")
    return int(found[1]) * _SECONDS[unit]


def _rendered(text: str, templates: Mapping[str, str]) -> str:
    environment = jinja2.sandbox.SandboxedEnvironment(
        loader=jinja2.FunctionLoader(lambda name: _as_jinja(templates[name]) if name in templates else None),
        undefined=jinja2.StrictUndefined,
        autoescape=False,
    )
    try:
        return environment.from_string(_as_jinja(text)).render()
    except jinja2.TemplateNotFound as error:
        raise LakeError(f"the template imports '{error.name}', and no saved query has that name") from error
    except jinja2.TemplateError as error:
        raise LakeError(f"the template cannot be rendered: {error}") from error


def _as_jinja(text: str) -> str:
    return _EXPORT.sub(r"\1 \2", _IMPORT.sub(r"{% from \1 import \2 %}", text))


def _without_macros(text: str, now_utc: datetime) -> str:
    """`text` with each call of a p_ macro replaced by its condition: their arguments (`1h, , p_parse_time`) are no SQL."""
    pieces: list[str] = []
    done = 0
    tokens = sqlglot.tokenize(text, read=DIALECT)
    for index, token in enumerate(tokens):
        if token.start < done or token.text.lower() not in _MACROS or not _is_call(tokens, index):
            continue
        end = _closing(tokens, index + 1)
        arguments = [_without_macros(argument, now_utc) for argument in _arguments(tokens[index + 2 : end], text)]
        pieces += [text[done : token.start], _condition(token, arguments, now_utc)]
        done = tokens[end].end + 1
    return "".join([*pieces, text[done:]])


def _is_call(tokens: Sequence[Token], index: int) -> bool:
    return index + 1 < len(tokens) and tokens[index + 1].token_type is TokenType.L_PAREN


def _closing(tokens: Sequence[Token], opening: int) -> int:
    depth = 0
    for index in range(opening, len(tokens)):
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(tokens[index].token_type, 0)
        if depth == 0:
            return index
    raise LakeError(f"line {tokens[opening].line}: a parenthesis is never closed")


def _arguments(tokens: Sequence[Token], text: str) -> Iterator[str]:
    """Texts between the commas of the first level; an empty one stays empty."""
    if not tokens:
        return
    depth, start, last = 0, tokens[0].start, tokens[0].start
    for token in tokens:
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(token.token_type, 0)
        if token.token_type is TokenType.COMMA and depth == 0:
            yield text[start : token.start].strip()
            start = token.end + 1
        last = token.end + 1
    yield text[start:last].strip()


def _condition(macro: Token, arguments: list[str], now_utc: datetime) -> str:
    name = macro.text.lower()
    if name == "p_current_timestamp":
        return _time(now_utc)
    wanted = 2 if name in ("p_occurs_between", "p_occurs_around") else 1
    if not wanted <= len(arguments) <= wanted + 2 or not all(arguments[:wanted]):
        raise LakeError(f"line {macro.line}: {macro.text} takes {wanted} to {wanted + 2} arguments, not ({', '.join(arguments)})")
    alias, column = [*arguments[wanted:], "", ""][:2]
    time = f"{alias}.{column or 'p_event_time'}" if alias else column or "p_event_time"
    first = arguments[0]
    try:
        if name == "p_occurs_since":
            return f"({time} >= {_time(now_utc - timedelta(seconds=offset_seconds(first)))})"
        if name == "p_occurs_around":
            seconds = offset_seconds(arguments[1])
            middle = f"cast({first} as timestamp_ntz)"
            return f"({time} between dateadd('second', -{seconds}, {middle}) and dateadd('second', {seconds}, {middle}))"
    except LakeError as error:
        raise LakeError(f"line {macro.line}: {macro.text}: {error.text}") from error
    if name == "p_occurs_between":
        return f"({time} between cast({first} as timestamp_ntz) and cast({arguments[1]} as timestamp_ntz))"
    return f"({time} {'>' if name == 'p_occurs_after' else '<'} cast({first} as timestamp_ntz))"


def _time(time_utc: datetime) -> str:
    return f"cast('{time_utc:%Y-%m-%d %H:%M:%S.%f}' as timestamp_ntz)"


def _own_tables(node: exp.Expression) -> exp.Expression:
    """panther_logs.public.aws_cloudtrail -> panther_logs.aws_cloudtrail, also before a column's name."""
    if isinstance(node, exp.Table) and node.catalog:
        if node.catalog.lower() == "snowflake":
            raise LakeError(f"{node.catalog}.{node.db}.{node.name} is a view of a Snowflake account; this lake has none of them")
        node.set("db", node.args["catalog"])
        node.set("catalog", None)
    elif isinstance(node, exp.Column) and node.args.get("catalog"):
        return exp.column(node.this, table=node.args["table"])
    return node


def _own_clock(node: exp.Expression, now_utc: datetime) -> exp.Expression:
    """Times of the lake are UTC without a zone; the engine's clock has one, and is not the caller's."""
    if isinstance(node, (exp.CurrentTimestamp, exp.CurrentTimestampLTZ, exp.Localtimestamp)):
        return exp.cast(exp.Literal.string(f"{now_utc:%Y-%m-%d %H:%M:%S.%f}"), "timestamp")
    return node


def _read_paths(tree: exp.Expression) -> None:
    """`a:b.c` reads objects, arrays and JSON text alike: all three can be seen as JSON. Its value is text, but where JSON is wanted."""
    for node in list(tree.find_all(exp.JSONExtract)):
        if not node.args.get("variant_extract"):
            continue
        kind = exp.JSONExtract if isinstance(node.parent, _JSON_PARENTS) else exp.JSONExtractScalar
        node.replace(kind(this=_as_json(node.this), expression=node.expression, only_json_types=True))


def _search_arrays(tree: exp.Expression) -> None:
    """array_size and array_contains of a path, which is JSON here; of anything else, which is a list."""
    for node in list(tree.find_all(exp.ArraySize)):
        if _is_path(node.this):
            node.replace(exp.func("json_array_length", _json_at(node.this), dialect="duckdb"))
    for search in list(tree.find_all(exp.ArrayContains)):
        array, value = search.this, search.expression
        if isinstance(value, exp.Cast) and value.is_type("variant"):
            value = value.this
        if _is_path(array):
            array = exp.JSONExtractScalar(this=exp.paren(_json_at(array)), expression=exp.Literal.string("$[*]"), only_json_types=True)
        search.replace(exp.Anonymous(this="list_contains", expressions=[array.copy(), value.copy()]))


def _is_path(node: exp.Expression) -> bool:
    return isinstance(node, exp.JSONExtract) and bool(node.args.get("variant_extract"))


def _json_at(path: exp.Expression) -> exp.Expression:
    return exp.JSONExtract(this=_as_json(path.this), expression=path.expression, only_json_types=True)


def _as_json(value: exp.Expression) -> exp.Expression:
    return exp.paren(exp.TryCast(this=value.copy(), to=exp.DataType.build("json")))


def _unnest_flattened(tree: exp.Expression) -> None:
    """`, lateral flatten(input => x, outer => true) f` -> a row for each element of the array x, with columns value and index."""
    for node in list(tree.find_all(exp.Lateral, exp.TableFromRows)):
        flattened = node.this
        if not isinstance(flattened, (exp.Explode, exp.Flatten)):
            continue
        given = {str(part.this).lower(): part.expression for part in flattened.find_all(exp.Kwarg)}
        array = given.get("input", flattened.this)
        alias = node.args.get("alias")
        name = alias.name if alias else "flattened"
        elements = exp.JSONExtractScalar(this=_as_json(array), expression=exp.Literal.string("$[*]"), only_json_types=True)
        rows = exp.select(
            exp.alias_(exp.func("unnest", elements, dialect="duckdb"), "value"),
            exp.alias_(exp.func("generate_subscripts", elements.copy(), exp.Literal.number(1)) - 1, "index"),
        )
        lateral = exp.Lateral(this=exp.Subquery(this=rows), alias=exp.TableAlias(this=exp.to_identifier(name)))
        join = node.parent
        if isinstance(join, exp.Join) and str(given.get("outer", "")).lower() == "true":
            join.set("kind", None)
            join.set("side", "LEFT")
            join.set("on", exp.true())
        node.replace(lateral)


def _first_line(error: Exception) -> str:
    return re.sub(r"\x1b\[\d+m", "", str(error)).split("\n", 1)[0]
