"""What a declaration says, and that each way to get one wrong is told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from panther_dagster.errors import DeclarationError
from panther_dagster.log_types.declaration import read_log_type

DECLARATION = """\
models:
  - name: acme_login
    description: One row per login.
    config:
      meta:
        log_type: Acme.Login
        record_format: {json_array: Events}
        recognition: {required: [when, who], equals: {kind: [login, logout]}, unless: {mode: [test]}, absent: [debug]}
    columns:
      - {name: when, data_type: timestamp, description: When., config: {meta: {event_time: true, time_format: unix_ms}}}
      - name: who
        data_type: object
        config:
          meta:
            fields:
              - {name: name, type: string, indicators: [username, email]}
              - {name: roles, type: array, items: {type: object, fields: [{name: id, type: string}]}}
      - {name: labels, data_type: map, config: {meta: {keys: {username: [owner]}, values: {type: string}}}}
      - {name: more, data_type: json}
      - {name: note, data_type: string, config: {meta: {open: true}}}
"""


def declared(folder: Path, text: str = DECLARATION) -> Path:
    file = folder / "acme_login.yml"
    file.write_text(text)
    return file


def test_a_declaration_is_read_with_nested_fields_and_lines(tmp_path: Path) -> None:
    log_type = read_log_type(declared(tmp_path))
    assert (log_type.name, log_type.table, log_type.wrapper_key) == ("Acme.Login", "acme_login", "Events")
    assert log_type.recognition.required == ("when", "who")
    assert dict(log_type.recognition.equals) == {"kind": ("login", "logout")}
    assert dict(log_type.recognition.unless) == {"mode": ("test",)}
    assert log_type.recognition.absent == ("debug",)
    when, who, labels, more, note = log_type.fields
    assert (when.is_event_time, when.time_format, when.line) == (True, "unix_ms", 10)
    assert [field.name for field in who.fields] == ["name", "roles"]
    assert who.fields[0].indicators == ("username", "email")
    assert dict(labels.keys) == {"username": ("owner",)}
    assert (more.is_open, note.is_open, who.is_open) == (True, True, False)


def test_a_field_is_found_by_its_path_through_objects_and_arrays(tmp_path: Path) -> None:
    log_type = read_log_type(declared(tmp_path))
    assert log_type.find("who.name").type == "string"
    assert log_type.find("who.roles.id").type == "string"
    assert log_type.find("more.anything.below").name == "more"
    assert log_type.find("labels.owner").name == "labels"


def test_a_misspelt_path_is_told_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match=r"Acme.Login has no field 'who.nmae'; did you mean 'name'\?"):
        read_log_type(declared(tmp_path)).find("who.nmae")


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("data_type: json}", "data_type: jason}", r":19: field 'more': unknown type 'jason'; did you mean 'json'\?"),
        ("[username, email]", "[usrname]", r":16: field 'name': unknown indicator 'usrname'; did you mean 'username'\?"),
        ("keys: {username:", "keys: {usrname:", r":18: field 'labels': unknown indicator 'usrname'"),
        ("open: true", "opn: true", r":20: field 'note': unknown key 'opn'; did you mean 'open'\?"),
        ("unix_ms", "unixms", r":10: field 'when': unknown time_format 'unixms'; one of rfc3339, unix, unix_ms or a strftime pattern"),
        ("name: more,", "name: Note,", r":20: field 'note' is declared twice \(line 19; names are compared without case\)"),
        ("items: {type: object, fields: [{name: id, type: string}]}", "description: none", r":17: field 'roles': an array needs items"),
        ("absent: [debug]", "absnt: [debug]", r":8: unknown key of recognition 'absnt'; did you mean 'absent'\?"),
        ("event_time: true, ", "", r":2: Acme.Login has no field with event_time: true"),
        ("name: acme_login", "name: acme", r":2: the model of Acme.Login must be named 'acme_login', not 'acme'"),
        ("log_type: Acme.Login", "kind: login", r":2: config.meta has no log_type"),
        ("data_type: map,", "data_type: map, data_type: json,", r":18: no YAML: .*'data_type' occurs twice"),
        ("models:", "models: [", r"no YAML"),
        ("models:", "exposures:", r"declares no model"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    assert DECLARATION.count(right) >= 1
    with pytest.raises(DeclarationError, match=r"(?s)acme_login\.yml.*" + told):
        read_log_type(declared(tmp_path, DECLARATION.replace(right, wrong, 1)))
