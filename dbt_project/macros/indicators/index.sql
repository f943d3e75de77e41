{#
  The SELECT of the indicator table: of each log type of the run (var log_types; without it, of all that have a table) each p_any_ list, one row per value, counted.
  A batch has one hour, so p_hour needs no place in the grouping.
#}
{% macro indicators(relations) %}
{%- set chosen = [] -%}
{%- for relation in relations if is_indexed(relation) -%}{%- do chosen.append(relation) -%}{%- endfor -%}
{%- if not chosen -%}{{ no_indicators() }}{%- endif -%}
{%- for relation in chosen -%}
{{ counted_values(relation, log_type_of(relation)) }}
{{ 'union all' if not loop.last }}
{%- endfor %}
{% endmacro %}

{# One row for each value of each p_any_ list of one log type. #}
{% macro counted_values(relation, log_type) %}{{ return(adapter.dispatch('counted_values', 'panther')(relation, log_type)) }}{% endmacro %}
{% macro default__counted_values(relation, log_type) %}
{%- for column in indicator_columns() %}
select
    '{{ column | replace('p_any_', '') }}' as indicator,
    value,
    '{{ log_type }}' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from ({{ rows_by_value(relation, column, unit_of_work()) }}) as {{ column }}
group by value, p_batch_id
{{ 'union all' if not loop.last }}
{%- endfor %}
{% endmacro %}

{# DuckDB reads the rows once for all lists: a scan of a DuckLake table costs 17 ms to plan, 270 of them took longer than a small batch's everything else. #}
{% macro duckdb__counted_values(relation, log_type) %}
{%- set names = [] -%}
{%- for column in indicator_columns() -%}{%- do names.append("'" ~ column | replace('p_any_', '') ~ "'") -%}{%- endfor %}
select
    indicator,
    value,
    '{{ log_type }}' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (
    select p_batch_id, p_hour, p_event_time, indicator, unnest(found) as value
    from (
        select p_batch_id, p_hour, p_event_time, unnest([{{ names | join(', ') }}]) as indicator, unnest([{{ indicator_columns() | join(', ') }}]) as found
        from {{ relation }}
        where {{ unit_of_work() }}
    ) as lists
) as {{ relation.identifier }}
group by indicator, value, p_batch_id
{%- endmacro %}

{% macro no_indicators() %}
    {%- set text = physical_type({'type': 'string'}) -%}{%- set time = physical_type({'type': 'timestamp'}) -%}
    {%- set columns = [] -%}
    {%- for name, type in [
        ('indicator', text), ('value', text), ('log_type', text), ('p_hour', time), ('p_batch_id', text), ('events', 'bigint'), ('first_seen', time), ('last_seen', time),
    ] -%}{%- do columns.append('cast(null as ' ~ type ~ ') as ' ~ name) -%}{%- endfor -%}
    {{ return('select ' ~ columns | join(', ') ~ ' where 1 = 0') }}
{% endmacro %}

{# Whether the run reads this log type's rows: those asked for; else all, but when it really runs only those that have a table. #}
{% macro is_indexed(relation) %}
    {%- set log_types = var('log_types', none) -%}
    {%- if log_types -%}
        {%- set tables = [] -%}
        {%- for name in log_types -%}{%- do tables.append(name | lower | replace('.', '_')) -%}{%- endfor -%}
        {{ return(relation.identifier in tables) }}
    {%- endif -%}
    {{ return(not (execute and flags.WHICH in ('run', 'build')) or load_relation(relation) is not none) }}
{% endmacro %}

{# The log type that the model of a relation declares. #}
{% macro log_type_of(relation) %}
    {%- for node in graph.get('nodes', {}).values() if node.resource_type == 'model' and node.name == relation.identifier -%}{{ return(node.config.meta.log_type) }}{%- endfor -%}
    {{ return('') }}
{% endmacro %}

{# One row for each text of a list column: value, p_batch_id, p_hour, p_event_time. The default is standard SQL, for Athena. #}
{% macro rows_by_value(relation, column, condition) %}{{ return(adapter.dispatch('rows_by_value', 'panther')(relation, column, condition)) }}{% endmacro %}
{% macro snowflake__rows_by_value(relation, column, condition) %}
    {{ return('select p_batch_id, p_hour, p_event_time, each_one.value::varchar as value from ' ~ relation ~ ', lateral flatten(input => ' ~ column ~ ') as each_one where ' ~ condition) }}
{% endmacro %}
{% macro default__rows_by_value(relation, column, condition) %}
    {{ return('select p_batch_id, p_hour, p_event_time, each_one.value from ' ~ relation ~ ' cross join unnest(' ~ column ~ ') as each_one (value) where ' ~ condition) }}
{% endmacro %}
