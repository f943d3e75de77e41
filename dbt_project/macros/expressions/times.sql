{#
  Text or number -> timestamp in UTC, microseconds; what cannot be read becomes null. Formats: rfc3339 (a blank may stand for the T, a missing zone means UTC),
  unix (seconds), unix_ms, or a strftime pattern.
#}
{% macro utc_time(value, format) %}{{ return(adapter.dispatch('utc_time', 'panther')(value, format)) }}{% endmacro %}

{# DuckDB gets TIMESTAMPTZ, DOUBLE or VARCHAR, as duckdb_shape() asked for: TIMESTAMP would drop '+02:00'. The session is in UTC. #}
{% macro duckdb__utc_time(value, format) %}
    {%- if format == 'rfc3339' -%}{{ return('cast(' ~ value ~ ' as timestamp)') }}
    {%- elif format in ['unix', 'unix_ms'] -%}{{ return('try(make_timestamp(cast(round(' ~ value ~ ' * ' ~ micros_per(format) ~ ') as bigint)))') }}
    {%- endif -%}
    {{ return("try_strptime(regexp_replace(trim(" ~ value ~ "), ' +', ' ', 'g'), '" ~ format ~ "')") }}
{% endmacro %}

{# Without a zone TIMESTAMP_TZ would take the session's, which is not UTC by default. #}
{% macro snowflake__utc_time(value, format) %}
    {%- if format == 'rfc3339' -%}
        {%- set value = with_colon_in_zone(value) -%}
        {{ return("iff(" ~ matches(value, '.*(Z|[+-][0-9]{2}:?[0-9]{2})') ~ ", convert_timezone('UTC', try_to_timestamp_tz(" ~ value ~ "))::timestamp_ntz(6), try_to_timestamp_ntz(" ~ value ~ ")::timestamp_ntz(6))") }}
    {%- elif format in ['unix', 'unix_ms'] -%}
        {%- set number = 'try_to_double(' ~ value ~ ')' -%}
        {{ return("iff(abs(" ~ number ~ ") < 1e14, dateadd('microsecond', round(" ~ number ~ " * " ~ micros_per(format) ~ "), '1970-01-01'::timestamp_ntz(6)), null)") }}
    {%- endif -%}
    {{ return("try_to_timestamp_ntz(regexp_replace(trim(" ~ value ~ "), ' +', ' '), '" ~ pattern_for(format, {'%Y': 'YYYY', '%m': 'MM', '%d': 'DD', '%H': 'HH24', '%M': 'MI', '%S': 'SS', '%a': 'DY', '%b': 'MON', '%f': 'FF6'}, '"') ~ "')::timestamp_ntz(6)") }}
{% endmacro %}

{# from_iso8601_timestamp would cut to milliseconds; a blank between date and time is not ISO. #}
{% macro athena__utc_time(value, format) %}
    {%- if format == 'rfc3339' -%}
        {{ return("cast(try(from_iso8601_timestamp_nanos(replace(" ~ with_colon_in_zone(value) ~ ", ' ', 'T'))) at time zone 'UTC' as timestamp(6))") }}
    {%- elif format in ['unix', 'unix_ms'] -%}
        {{ return("cast(try(from_unixtime_nanos(cast(round(try_cast(" ~ value ~ " as double) * " ~ micros_per(format) ~ ") as bigint) * 1000)) at time zone 'UTC' as timestamp(6))") }}
    {%- endif -%}
    {{ return("cast(try(date_parse(regexp_replace(trim(" ~ value ~ "), ' +', ' '), '" ~ pattern_for(format, {'%M': '%i', '%S': '%s', '%d': '%e'}, '') ~ "')) as timestamp(6))") }}
{% endmacro %}

{# Suricata writes the zone as +0000: RFC 3339, and what these two warehouses are sure to read, has +00:00. #}
{% macro with_colon_in_zone(text) %}{{ return(pair_of(text, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', 1, 2)) }}{% endmacro %}

{% macro micros_per(format) %}{{ return('1000000' if format == 'unix' else '1000') }}{% endmacro %}

{# A strftime pattern in another notation; letters that stand for themselves are put in quotes where the notation has them. #}
{% macro pattern_for(format, notation, quote) %}
    {%- set parts = [] -%}
    {%- for part in modules.re.findall('%[A-Za-z]|[A-Za-z]+|[^A-Za-z%]+', format) -%}
        {%- do parts.append(notation.get(part, part) if part[0] == '%' else quote ~ part ~ quote if modules.re.match('[A-Za-z]', part) else part) -%}
    {%- endfor -%}
    {{ return(parts | join('')) }}
{% endmacro %}
