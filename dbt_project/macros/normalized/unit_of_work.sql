{#
  The rows that one run replaces: those of a batch (var batch_id) or of whole hours (var hours: [first, one after the last]). Raw, normalized and indicator
  rows carry the same p_batch_id and p_hour, so one predicate fits all of them.
#}
{% macro unit_of_work() %}
    {%- set batch_id = var('batch_id', none) -%}{%- set hours = var('hours', none) -%}
    {%- if batch_id -%}{{ return("p_batch_id = '" ~ plain(batch_id) ~ "'") }}{%- endif -%}
    {%- if hours -%}{{ return("p_hour >= timestamp '" ~ plain(hours[0]) ~ "' and p_hour < timestamp '" ~ plain(hours[1]) ~ "'") }}{%- endif -%}
    {%- if execute and flags.WHICH in ('run', 'build') and model.resource_type == 'model' and is_incremental() -%}
        {{ exceptions.raise_compiler_error("a run replaces one unit of work: --vars '{batch_id: ...}' or '{hours: [\"2024-05-01 00:00:00\", \"2024-05-01 01:00:00\"]}' (or --full-refresh)") }}
    {%- endif -%}
    {{ return('true') }}
{% endmacro %}

{% macro plain(value) %}
    {%- if modules.re.fullmatch('[A-Za-z0-9_.: -]+', value ~ '') is none -%}{{ exceptions.raise_compiler_error('no batch id, log type or time: ' ~ value) }}{%- endif -%}
    {{ return(value ~ '') }}
{% endmacro %}

{# The indicator table holds all log types: a run of some of them replaces the rows of these only. #}
{% macro replaced_rows() %}
    {%- set log_types = var('log_types', none) if 'indicators' in model.fqn else none -%}
    {%- if not log_types -%}{{ return(unit_of_work()) }}{%- endif -%}
    {%- set names = [] -%}
    {%- for name in log_types -%}{%- do names.append("'" ~ plain(name) ~ "'") -%}{%- endfor -%}
    {{ return(unit_of_work() ~ ' and log_type in (' ~ names | join(', ') ~ ')') }}
{% endmacro %}

{# incremental_strategy: unit_of_work (DuckDB, Snowflake): delete the unit, insert it again, in one transaction. #}
{% macro get_incremental_unit_of_work_sql(arg_dict) %}
    {%- do reject_changed_types(arg_dict['target_relation'], arg_dict['temp_relation']) -%}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    {%- set dml -%}
        delete from {{ arg_dict['target_relation'] }} where {{ replaced_rows() }};
        insert into {{ arg_dict['target_relation'] }} ({{ columns }}) (select {{ columns }} from {{ arg_dict['temp_relation'] }})
    {%- endset -%}
    {{ return(snowflake_dml_explicit_transaction(dml) if target.type == 'snowflake' else dml) }}
{% endmacro %}

{# New columns are added (on_schema_change), but a field added inside an object would be dropped in silence: DuckDB casts structs by name. #}
{% macro reject_changed_types(target_relation, new_relation) %}
    {%- set stored = {} -%}
    {%- for column in adapter.get_columns_in_relation(target_relation) -%}{%- do stored.update({column.name: column.dtype}) -%}{%- endfor -%}
    {%- for column in adapter.get_columns_in_relation(new_relation) if type_parts(stored.get(column.name, column.dtype)) != type_parts(column.dtype) -%}
        {{ exceptions.raise_compiler_error("column '" ~ column.name ~ "' of " ~ target_relation ~ " is stored as " ~ stored[column.name] ~ " but declared as " ~ column.dtype ~ ": alter the table (add column " ~ column.name ~ ".<field> <type>) or run with --full-refresh") }}
    {%- endfor -%}
{% endmacro %}

{# A field added later stands last in the stored object: the order inside does not count. #}
{% macro type_parts(data_type) %}{{ return(modules.re.split('[(), ]+', data_type) | sort) }}{% endmacro %}

{# New rows need no copy before they are inserted: a view stands in for dbt-duckdb's temporary table. #}
{% macro duckdb__create_table_as(temporary, relation, compiled_code, language='sql', partitioned_by=none, sorted_by=none) %}
    {%- if temporary and config.get('incremental_strategy') == 'unit_of_work' -%}
        create or replace temporary view {{ relation.identifier }} as ({{ compiled_code }})
    {%- else -%}
        {{ return(dbt.duckdb__create_table_as(temporary, relation, compiled_code, language, partitioned_by, sorted_by)) }}
    {%- endif -%}
{% endmacro %}

{# Athena's append strategy has no delete: it runs as a pre-hook, a commit of its own, so readers miss the unit for some seconds. #}
{% macro delete_unit_of_work() %}
    {%- if execute and target.type == 'athena' and is_incremental() -%}{{ return('delete from ' ~ this ~ ' where ' ~ replaced_rows()) }}{%- endif -%}
    {{ return('') }}
{% endmacro %}
