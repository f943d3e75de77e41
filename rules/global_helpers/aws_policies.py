"""What a policy document of AWS permits: IAM policies, trust policies, bucket policies."""

import json
from collections.abc import Mapping, Sequence
from urllib.parse import unquote


def policy_document(document):
    """The document as a mapping, whether CloudTrail wrote it as an object or as JSON text; empty if it is neither."""
    if isinstance(document, Mapping):
        return document
    if not isinstance(document, str):
        return {}
    try:
        parsed = json.loads(unquote(document) if document.startswith("%7B") else document)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, Mapping) else {}


def allow_statements(document):
    """Its statements with effect Allow. A policy may hold one statement outside a list."""
    return [statement for statement in mappings(policy_document(document).get("Statement")) if statement.get("Effect") == "Allow"]


def as_list(value):
    """IAM lets one value stand for a list of one."""
    if value is None:
        return []
    if isinstance(value, Sequence) and not isinstance(value, str):
        return list(value)
    return [value]


def mappings(value):
    """The objects of a list that may be written as one object."""
    return [item for item in as_list(value) if isinstance(item, Mapping)]


def principals(statement):
    """Who a statement speaks of: "*", ARNs, account ids; without services."""
    principal = statement.get("Principal")
    if isinstance(principal, Mapping):
        return [str(name) for kind in ("AWS", "Federated") for name in as_list(principal.get(kind))]
    return [str(name) for name in as_list(principal)]


def is_open_to_everyone(document):
    """Whether a statement allows any principal and sets no condition."""
    return any("*" in principals(statement) and not statement.get("Condition") for statement in allow_statements(document))


def is_all_powerful(document):
    """Whether a statement allows every action on every resource."""
    return any(
        {"*", "*:*"} & {str(action) for action in as_list(statement.get("Action"))} and "*" in as_list(statement.get("Resource"))
        for statement in allow_statements(document)
    )


def accounts_allowed(document):
    """Account ids named as principals of statements that allow."""
    names = [name for statement in allow_statements(document) for name in principals(statement)]
    ids = [name.split(":")[4] if name.startswith("arn:") and name.count(":") >= 5 else name for name in names]
    return {account for account in ids if account.isdigit() and len(account) == 12}
