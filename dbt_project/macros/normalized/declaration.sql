{#
  The declaration is the model's own `columns:` in its .yml, read here as a list of fields
  {name, type, path, event_time, time_format, indicators, keys, open, fields, of}; `of` is the element of an array or the value of a map, `keys` are the
  indicators of single keys of a map ({username: [user, account]}), `open` tells that a text is searched for indicators as json is.
  Python reads the same file (panther_dagster/log_types/declaration.py) and checks it first; what is checked here stops dbt run by itself.
  A dbt unit test does not carry the model's columns, so it passes them: overrides: {vars: {declared_columns: *columns}}.
#}
{% macro declared_fields() %}
    {%- set columns = var('declared_columns', none) or model.columns -%}
    {%- if execute and not columns -%}{{ declaration_error("'" ~ model.name ~ "' has no columns; a unit test of a normalized model needs  overrides: {vars: {declared_columns: *columns}}") }}{%- endif -%}
    {%- set fields = [] -%}
    {%- for column in (columns.values() | list if columns is mapping else columns) if not column.name.startswith('p_') -%}
        {%- set meta = (column.config or {}).get('meta') or {} -%}
        {%- do fields.append(declared_field(dict(meta, name=column.name, type=column.data_type), '')) -%}
    {%- endfor -%}
    {%- if execute -%}{%- do reject_twins(fields) -%}{%- endif -%}
    {{ return(fields) }}
{% endmacro %}

{% macro declared_field(node, parent) %}
    {%- set path = (parent ~ '.' if parent and node.name else parent) ~ (node.name or '[]') -%}
    {%- set known = ['string', 'int', 'bigint', 'float', 'boolean', 'timestamp', 'object', 'array', 'map', 'json'] -%}
    {%- set of = node['items'] if 'items' in node else node['values'] if 'values' in node else none -%}
    {%- if node.type not in known -%}{{ declaration_error("field '" ~ path ~ "': unknown type '" ~ node.type ~ "'; one of " ~ known | join(', ')) }}{%- endif -%}
    {%- if node.type in ['array', 'map'] and not of -%}{{ declaration_error("field '" ~ path ~ "': an array needs items:, a map values:") }}{%- endif -%}
    {%- set children = [] -%}
    {%- for child in node.get('fields', []) -%}{%- do children.append(declared_field(child, path)) -%}{%- endfor -%}
    {%- do reject_twins(children) -%}
    {{ return({
        'name': node.name, 'type': node.type, 'path': path, 'event_time': node.get('event_time', false), 'time_format': node.get('time_format', 'rfc3339'),
        'indicators': node.get('indicators', []), 'keys': (node['keys'] if 'keys' in node else {}), 'open': node.get('open', node.type == 'json'), 'fields': children, 'of': declared_field(of, path) if of else none,
    }) }}
{% endmacro %}

{# Columns and parts of objects are compared without case in all three warehouses: two names that differ by case only cannot both be declared. #}
{% macro reject_twins(fields) %}
    {%- set seen = [] -%}
    {%- for field in fields -%}
        {%- if field.name | lower in seen -%}{{ declaration_error("field '" ~ field.path ~ "' is declared twice (names are compared without case)") }}{%- endif -%}
        {%- do seen.append(field.name | lower) -%}
    {%- endfor -%}
{% endmacro %}

{% macro declaration_error(text) %}{{ exceptions.raise_compiler_error((model.patch_path or model.original_file_path).split('://')[-1] ~ ': ' ~ text) }}{% endmacro %}
