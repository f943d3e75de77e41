{# How one event's text is parsed, once, and how a declared field is read from it. A value of the wrong type becomes null and costs only itself. #}

{#
  The parsed event `e`. Text that is no JSON for the engine must not stop the batch; half a surrogate pair (\ud800), which only some parsers take, is read as
  the replacement character.
#}
{% macro parse_event(text, fields) %}{{ return(adapter.dispatch('parse_event', 'panther')(text, fields)) }}{% endmacro %}
{% macro duckdb__parse_event(text, fields) %}
    {%- set shape = tojson(duckdb_shape({'type': 'object', 'fields': fields})) -%}
    {%- set repaired = "regexp_replace(" ~ text ~ ", '\\\\u[dD][89a-fA-F][0-9a-fA-F]{2}', '\\\\ufffd', 'g')" -%}
    {{ return("coalesce(try(from_json(" ~ text ~ ", '" ~ shape ~ "')), try(from_json(" ~ repaired ~ ", '" ~ shape ~ "')))") }}
{% endmacro %}
{% macro snowflake__parse_event(text, fields) %}{{ return('try_parse_json(' ~ text ~ ')') }}{% endmacro %}
{% macro athena__parse_event(text, fields) %}{{ return('try_cast(json_parse(' ~ text ~ ') as map(varchar, json))') }}{% endmacro %}

{# A declared field, from `e`. #}
{% macro field_value(field) %}{{ return(adapter.dispatch('field_value', 'panther')(field)) }}{% endmacro %}

{# DuckDB reads the whole declared shape at once; only times and maps need a second look. #}
{% macro duckdb__field_value(field) %}{{ return(duckdb_value('e.' ~ ident(field.name), field, 1)) }}{% endmacro %}
{% macro duckdb_value(value, field, depth) %}
    {%- if not times_in(field) and not has_map(field) -%}{{ return(value) }}
    {%- elif field.type == 'timestamp' -%}{{ return(utc_time(value, field.time_format)) }}
    {%- elif field.type == 'map' -%}{{ return(duckdb_map(value, duckdb_shape(field.of) if field.of.type == 'timestamp' else physical_type(field.of), depth)) }}
    {%- elif times_in(field) == ['rfc3339'] and not has_map(field) -%}{{ return('cast(' ~ value ~ ' as ' ~ physical_type(field) ~ ')') }}
    {%- elif field.type == 'array' -%}
        {{ return('list_transform(' ~ value ~ ', lambda t' ~ depth ~ ': ' ~ duckdb_value('t' ~ depth, field.of, depth + 1) ~ ')') }}
    {%- elif field.type == 'object' -%}
        {%- set parts = [] -%}
        {%- for child in field.fields -%}{%- do parts.append('"' ~ child.name ~ '" := ' ~ duckdb_value(part_of(value, [child.name]), child, depth)) -%}{%- endfor -%}
        {{ return('case when ' ~ value ~ ' is not null then struct_pack(' ~ parts | join(', ') ~ ') end') }}
    {%- endif -%}
{% endmacro %}
{# A map is read as JSON first: a key that occurs twice would be an error that not even try() stops, so the first one is taken there as everywhere. #}
{% macro duckdb_map(value, type, depth) %}
    {%- set keys = 'json_keys(' ~ value ~ ')' -%}{%- set key = 'k' ~ depth -%}
    {%- set first = "from_json(json_extract(" ~ value ~ ", '/' || replace(replace(" ~ key ~ ", '~', '~0'), '/', '~1')), '\"" ~ type ~ "\"')" -%}
    {{ return(
        "case when json_type(" ~ value ~ ") = 'OBJECT' then case when len(" ~ keys ~ ") = len(list_distinct(" ~ keys ~ ")) then from_json(" ~ value ~ ", '\"MAP(VARCHAR, " ~ type ~ ")\"')"
        ~ " else map_from_entries(list_transform(list_distinct(" ~ keys ~ "), lambda " ~ key ~ ": struct_pack(k := " ~ key ~ ", v := " ~ first ~ "))) end end"
    ) }}
{% endmacro %}
{% macro has_map(field) %}
    {%- if field.type == 'map' -%}{{ return(true) }}{%- endif -%}
    {%- for child in field.fields + ([field.of] if field.of else []) -%}{%- if has_map(child) -%}{{ return(true) }}{%- endif -%}{%- endfor -%}
    {{ return(false) }}
{% endmacro %}
{% macro times_in(field) %}
    {%- set formats = [field.time_format] if field.type == 'timestamp' else [] -%}
    {%- for child in field.fields + ([field.of] if field.of else []) -%}
        {%- for format in times_in(child) if format not in formats -%}{%- do formats.append(format) -%}{%- endfor -%}
    {%- endfor -%}
    {{ return(formats) }}
{% endmacro %}
{% macro duckdb_shape(field) %}
    {%- if field.type == 'object' -%}
        {%- set shape = {} -%}
        {%- for child in field.fields -%}{%- do shape.update({child.name: duckdb_shape(child)}) -%}{%- endfor -%}
        {{ return(shape) }}
    {%- elif field.type == 'array' -%}{{ return([duckdb_shape(field.of)]) }}
    {%- elif field.type == 'map' -%}{{ return('JSON') }}
    {%- elif field.type == 'timestamp' -%}{{ return({'rfc3339': 'TIMESTAMPTZ', 'unix': 'DOUBLE', 'unix_ms': 'DOUBLE'}.get(field.time_format, 'VARCHAR')) }}
    {%- endif -%}
    {{ return(physical_type(field)) }}
{% endmacro %}

{# Snowflake: VARIANT would keep undeclared and wrongly typed parts, so objects and arrays are built again from the declared fields. #}
{% macro snowflake__field_value(field) %}{{ return(snowflake_value(part_of('e', [field.name]), field, 1)) }}{% endmacro %}
{% macro snowflake_value(value, field, depth) %}
    {%- set text = value ~ '::string' -%}
    {%- if field.type == 'object' -%}
        {%- set parts = [] -%}
        {%- for child in field.fields -%}{%- do parts.append("'" ~ child.name ~ "', " ~ snowflake_value(part_of(value, [child.name]), child, depth)) -%}{%- endfor -%}
        {{ return('iff(strip_null_value(' ~ value ~ ') is null, null, object_construct_keep_null(' ~ parts | join(', ') ~ '))') }}
    {%- elif field.type == 'array' -%}
        {{ return('iff(is_array(' ~ value ~ '), transform(' ~ value ~ '::array, t' ~ depth ~ ' -> ' ~ snowflake_value('t' ~ depth, field.of, depth + 1) ~ '), null)') }}
    {%- elif field.type == 'timestamp' -%}{{ return(utc_time(text, field.time_format)) }}
    {%- endif -%}
    {{ return({
        'string': text, 'boolean': 'try_to_boolean(' ~ text ~ ')', 'float': 'try_to_double(' ~ text ~ ')',
        'int': 'try_to_number(' ~ text ~ ')', 'bigint': 'try_to_number(' ~ text ~ ')',
    }.get(field.type) or 'strip_null_value(' ~ value ~ ')') }}
{% endmacro %}

{# Athena: cast(json as row) fails as a whole on one odd value, so each level is opened once as a map and its fields are cast one by one. #}
{% macro athena__field_value(field) %}{{ return(athena_value("element_at(e, '" ~ field.name ~ "')", field, 1)) }}{% endmacro %}
{% macro athena_value(json, field, depth) %}
    {%- set text = "json_extract_scalar(" ~ json ~ ", '$')" -%}
    {%- if field.type == 'string' -%}{{ return('coalesce(' ~ text ~ ', ' ~ athena_json(json) ~ ')') }}
    {%- elif field.type == 'json' -%}{{ return(athena_json(json)) }}
    {%- elif field.type == 'timestamp' -%}{{ return(utc_time(text, field.time_format)) }}
    {%- elif field.type == 'array' -%}
        {{ return('transform(try_cast(' ~ json ~ ' as array(json)), t' ~ depth ~ ' -> ' ~ athena_value('t' ~ depth, field.of, depth + 1) ~ ')') }}
    {%- elif field.type == 'map' -%}
        {{ return('transform_values(try_cast(' ~ json ~ ' as map(varchar, json)), (k' ~ depth ~ ', t' ~ depth ~ ') -> ' ~ athena_value('t' ~ depth, field.of, depth + 1) ~ ')') }}
    {%- elif field.type == 'object' -%}
        {%- set parts = [] -%}
        {%- for child in field.fields -%}{%- do parts.append(athena_value("element_at(m" ~ depth ~ ", '" ~ child.name ~ "')", child, depth + 1)) -%}{%- endfor -%}
        {{ return('if(' ~ athena_json(json) ~ ' is null, null, transform(array[try_cast(' ~ json ~ ' as map(varchar, json))], m' ~ depth ~ ' -> cast(row(' ~ parts | join(', ') ~ ') as ' ~ physical_type(field) ~ '))[1])') }}
    {%- endif -%}
    {{ return('try_cast(' ~ text ~ ' as ' ~ physical_type(field) ~ ')') }}
{% endmacro %}
{% macro athena_json(json) %}{{ return("nullif(json_format(" ~ json ~ "), 'null')") }}{% endmacro %}
