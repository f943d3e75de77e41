{#
  Contracts of normalized models: dbt compares and creates columns from the .yml; the macros below give it the declared types in the warehouse's own words,
  plus the standard columns. Other models' contracts go to dbt's own macros.
#}
{% macro normalized_columns() %}
    {%- set text = physical_type({'type': 'string'}) -%}{%- set time = physical_type({'type': 'timestamp'}) -%}
    {%- set columns = [
        ['p_row_id', text], ['p_log_type', text], ['p_event_time', time], ['p_parse_time', time], ['p_source_id', text], ['p_source_label', text],
        ['p_source_file', text], ['p_record_index', physical_type({'type': 'bigint'})], ['p_batch_id', text], ['p_hour', time],
    ] -%}
    {%- for field in declared_fields() -%}{%- do columns.append([ident(field.name), physical_type(field)]) -%}{%- endfor -%}
    {%- for name in indicator_columns() -%}{%- do columns.append([name, texts_type()]) -%}{%- endfor -%}
    {{ return(columns + [['p_raw_event', text]]) }}
{% endmacro %}

{% macro is_normalized() %}{{ return('normalized' in model.fqn) }}{% endmacro %}

{% macro get_empty_schema_sql(columns) %}
    {%- if not is_normalized() -%}{{ return(adapter.dispatch('get_empty_schema_sql', 'dbt')(columns)) }}{%- endif -%}
    select {% for name, type in normalized_columns() %}cast(null as {{ type }}) as {{ name }}{{ ', ' if not loop.last }}{% endfor %}
{% endmacro %}

{% macro get_table_columns_and_constraints() %}
    {%- if not is_normalized() -%}{{ return(adapter.dispatch('get_table_columns_and_constraints', 'dbt')()) }}{%- endif -%}
    ({% for name, type in normalized_columns() %}{{ name }} {{ type }}{{ ', ' if not loop.last }}{% endfor %})
{% endmacro %}

{% macro get_select_subquery(sql) %}{{ return(sql if is_normalized() else adapter.dispatch('get_select_subquery', 'dbt')(sql)) }}{% endmacro %}

{% macro get_column_names() %}{{ return('' if is_normalized() else dbt.get_column_names()) }}{% endmacro %}
