{#
  The SELECT of a normalized model: raw rows of one unit of work -> standard columns, typed fields, indicators, the untouched text.
  Which fields there are comes from the model's .yml; how a value is read in each warehouse, from macros/expressions/.
#}
{% macro normalized(log_type) %}
{%- if var('batch_id', none) == 'none' -%}{{ return(get_empty_schema_sql(model.columns) ~ ' where false') }}{%- endif -%}  {# only the table is wanted: planning its SELECT costs more #}
{%- set fields = declared_fields() -%}
{%- set found = found_indicators(log_type, fields) -%}
with landed as (
    select * from {{ source('panther_raw', log_type | lower | replace('.', '_')) }}
    where {{ unit_of_work() }}
),
parsed as (  -- the only place where the event's text is parsed
    select landed.*, {{ parse_event('p_raw_event', fields) }} as e
    from landed
),
typed as (
    select
        {{ landed_columns() | join(', ') }}
        {%- for field in fields %},
        {{ field_value(field) }} as {{ ident(field.name) }}
        {%- endfor %}
    from parsed
)
{%- for step in found.steps %},
{{ step.name }} as (  -- {{ step.why }}
    select
        {{ step.source }}.*
        {%- for name, expression in step.columns.items() %},
        {{ expression }} as {{ name }}
        {%- endfor %}
    from {{ step.source }}
)
{%- endfor %}
select
    p_row_id,
    '{{ log_type }}' as p_log_type,
    {{ event_time(fields) }} as p_event_time,
    p_parse_time,
    p_source_id,
    p_source_label,
    p_source_file,
    p_record_index,
    p_batch_id,
    p_hour
    {%- for field in fields %},
    {{ ident(field.name) }}
    {%- endfor %}
    {%- for column in indicator_columns() %},
    {{ found.columns.get(column, no_texts()) }} as {{ column }}
    {%- endfor %},
    p_raw_event
from {{ found.source }}
{% endmacro %}

{% macro landed_columns() %}{{ return(['p_row_id', 'p_parse_time', 'p_source_id', 'p_source_label', 'p_source_file', 'p_record_index', 'p_batch_id', 'p_hour', 'p_raw_event']) }}{% endmacro %}

{# The event's own time: the first declared one that is there; else when the lake took it in. #}
{% macro event_time(fields) %}
    {%- set names = [] -%}
    {%- for field in fields if field.event_time -%}{%- do names.append(ident(field.name)) -%}{%- endfor -%}
    {{ return('coalesce(' ~ (names + ['p_parse_time']) | join(', ') ~ ')' if names else 'p_parse_time') }}
{% endmacro %}
