{# The warehouse's type of a declared field. #}
{% macro physical_type(field) %}{{ return(adapter.dispatch('physical_type', 'panther')(field)) }}{% endmacro %}

{% macro duckdb__physical_type(field) %}
    {%- if field.type == 'object' -%}
        {%- set parts = [] -%}
        {%- for child in field.fields -%}{%- do parts.append('"' ~ child.name ~ '" ' ~ physical_type(child)) -%}{%- endfor -%}
        {{ return('STRUCT(' ~ parts | join(', ') ~ ')') }}
    {%- elif field.type == 'array' -%}{{ return(physical_type(field.of) ~ '[]') }}
    {%- elif field.type == 'map' -%}{{ return('MAP(VARCHAR, ' ~ physical_type(field.of) ~ ')') }}
    {%- endif -%}
    {{ return({'string': 'VARCHAR', 'int': 'INTEGER', 'bigint': 'BIGINT', 'float': 'DOUBLE', 'boolean': 'BOOLEAN', 'timestamp': 'TIMESTAMP', 'json': 'JSON'}[field.type]) }}
{% endmacro %}

{% macro snowflake__physical_type(field) %}
    {{ return({'string': 'varchar', 'int': 'number(38, 0)', 'bigint': 'number(38, 0)', 'float': 'double', 'boolean': 'boolean', 'timestamp': 'timestamp_ntz(6)'}.get(field.type, 'variant')) }}
{% endmacro %}

{% macro athena__physical_type(field) %}
    {%- if field.type == 'object' -%}
        {%- set parts = [] -%}
        {%- for child in field.fields -%}{%- do parts.append('"' ~ child.name | lower ~ '" ' ~ physical_type(child)) -%}{%- endfor -%}
        {{ return('row(' ~ parts | join(', ') ~ ')') }}
    {%- elif field.type == 'array' -%}{{ return('array(' ~ physical_type(field.of) ~ ')') }}
    {%- elif field.type == 'map' -%}{{ return('map(varchar, ' ~ physical_type(field.of) ~ ')') }}
    {%- endif -%}
    {{ return({'int': 'integer', 'bigint': 'bigint', 'float': 'double', 'boolean': 'boolean', 'timestamp': 'timestamp(6)'}.get(field.type, 'varchar')) }}
{% endmacro %}

{# A list of texts, as the p_any_ columns are. #}
{% macro texts_type() %}{{ return('array' if target.type == 'snowflake' else physical_type({'type': 'array', 'of': {'type': 'string'}})) }}{% endmacro %}
{% macro no_texts() %}{{ return('cast(null as ' ~ texts_type() ~ ')') }}{% endmacro %}
