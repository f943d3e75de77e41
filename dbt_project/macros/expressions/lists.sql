{# Functions over lists of texts. A null list counts as empty. #}

{% macro list_of(values) %}{{ return(adapter.dispatch('list_of', 'panther')(values)) }}{% endmacro %}
{% macro duckdb__list_of(values) %}{{ return('[' ~ values | join(', ') ~ ']') }}{% endmacro %}
{% macro snowflake__list_of(values) %}{{ return('array_construct_compact(' ~ values | join(', ') ~ ')') }}{% endmacro %}
{% macro athena__list_of(values) %}{{ return('array[' ~ values | join(', ') ~ ']') }}{% endmacro %}

{% macro lists_together(lists) %}{{ return(lists[0] if lists | length == 1 else adapter.dispatch('lists_together', 'panther')(lists)) }}{% endmacro %}
{% macro duckdb__lists_together(lists) %}{{ return('list_concat(' ~ lists | join(', ') ~ ')') }}{% endmacro %}
{% macro snowflake__lists_together(lists) %}
    {%- set together = namespace(sql='coalesce(' ~ lists[0] ~ ', array_construct())') -%}
    {%- for list in lists[1:] -%}{%- set together.sql = 'array_cat(' ~ together.sql ~ ', coalesce(' ~ list ~ ', array_construct()))' -%}{%- endfor -%}
    {{ return(together.sql) }}
{% endmacro %}
{% macro athena__lists_together(lists) %}{{ return('concat(coalesce(' ~ lists | join(', array[]), coalesce(') ~ ', array[]))') }}{% endmacro %}

{# Lambdas: the element is `x`, or `name`. #}
{% macro list_map(list, expression, name='x') %}{{ return(adapter.dispatch('list_map', 'panther')(list, expression, name)) }}{% endmacro %}
{% macro duckdb__list_map(list, expression, name) %}{{ return('list_transform(' ~ list ~ ', lambda ' ~ name ~ ': ' ~ expression ~ ')') }}{% endmacro %}
{% macro default__list_map(list, expression, name) %}{{ return('transform(' ~ list ~ ', ' ~ name ~ ' -> ' ~ expression ~ ')') }}{% endmacro %}

{% macro list_where(list, condition) %}{{ return(adapter.dispatch('list_where', 'panther')(list, condition)) }}{% endmacro %}
{% macro duckdb__list_where(list, condition) %}{{ return('list_filter(' ~ list ~ ', lambda x: ' ~ condition ~ ')') }}{% endmacro %}
{% macro default__list_where(list, condition) %}{{ return('filter(' ~ list ~ ', x -> ' ~ condition ~ ')') }}{% endmacro %}

{% macro list_size(list) %}{{ return({'duckdb': 'len', 'snowflake': 'array_size', 'athena': 'cardinality'}[target.type] ~ '(' ~ list ~ ')') }}{% endmacro %}

{% macro list_flat(list) %}{{ return(adapter.dispatch('list_flat', 'panther')(list)) }}{% endmacro %}
{% macro default__list_flat(list) %}{{ return('flatten(' ~ list ~ ')') }}{% endmacro %}
{% macro snowflake__list_flat(list) %}{{ return('array_flatten(' ~ list ~ ')') }}{% endmacro %}

{% macro list_text(list) %}{{ return(adapter.dispatch('list_text', 'panther')(list)) }}{% endmacro %}
{% macro default__list_text(list) %}{{ return('array_to_string(' ~ list ~ ", ' ')") }}{% endmacro %}
{% macro athena__list_text(list) %}{{ return('array_join(' ~ list ~ ", ' ')") }}{% endmacro %}

{% macro map_list(map) %}{{ return(adapter.dispatch('map_list', 'panther')(map)) }}{% endmacro %}
{% macro default__map_list(map) %}{{ return('map_values(' ~ map ~ ')') }}{% endmacro %}
{% macro snowflake__map_list(map) %}{{ return('transform(object_keys(' ~ map ~ '), k -> get(' ~ map ~ ', k::string))') }}{% endmacro %}

{# A map's entries as a list of key:value. #}
{% macro map_pairs(map) %}{{ return(adapter.dispatch('map_pairs', 'panther')(map)) }}{% endmacro %}
{% macro duckdb__map_pairs(map) %}{{ return('list_transform(map_entries(' ~ map ~ "), lambda x: x.key || ':' || x.value)") }}{% endmacro %}
{% macro snowflake__map_pairs(map) %}{{ return('transform(object_keys(' ~ map ~ "), k -> k::string || ':' || get(" ~ map ~ ', k::string)::string)') }}{% endmacro %}
{% macro athena__map_pairs(map) %}{{ return('transform(map_entries(' ~ map ~ "), x -> x[1] || ':' || x[2])") }}{% endmacro %}

{# Single values (nulls allowed) and lists -> one sorted list of distinct texts; null when empty. `often` tells that most rows have more than one. #}
{% macro sorted_distinct(values, lists, often=false) %}
    {%- if not values and not lists -%}{{ return(no_texts()) }}{%- endif -%}
    {{ return(adapter.dispatch('sorted_distinct', 'panther')(values, lists, often)) }}
{% endmacro %}

{# A histogram's keys are sorted and distinct: half the cost of list_sort(list_distinct()). What comparing single values decides does not even reach it. #}
{% macro duckdb__sorted_distinct(values, lists, often) %}
    {%- set all = 'map_keys(list_histogram(' ~ lists_together(([list_of(values)] if values else []) + lists) ~ '))' -%}
    {%- if often -%}{{ return(all) }}{%- endif -%}
    {%- set together = values | join(', ') -%}
    {%- if not values -%}{%- set few = 'null' -%}
    {%- elif values | length == 1 -%}{%- set few = 'case when ' ~ together ~ ' is not null then [' ~ together ~ '] end' -%}
    {%- elif values | length == 2 -%}
        {%- set few = 'case when A is null then case when B is not null then [B] end when B is null or A = B then [A] when A < B then [A, B] else [B, A] end' | replace('A', values[0]) | replace('B', values[1]) -%}
    {%- else -%}
        {%- set few = 'case when coalesce(' ~ together ~ ') is null then null when least(' ~ together ~ ') = greatest(' ~ together ~ ') then [coalesce(' ~ together ~ ')] else map_keys(list_histogram([' ~ together ~ '])) end' -%}
    {%- endif -%}
    {{ return('case when len(' ~ lists | join(') > 0 or len(') ~ ') > 0 then ' ~ all ~ ' else ' ~ few ~ ' end' if lists else few) }}
{% endmacro %}
{% macro snowflake__sorted_distinct(values, lists, often) %}{{ return('nullif(array_sort(array_distinct(array_compact(' ~ lists_together(([list_of(values)] if values else []) + lists) ~ '))), array_construct())') }}{% endmacro %}
{% macro athena__sorted_distinct(values, lists, often) %}{{ return('nullif(array_sort(array_distinct(filter(' ~ lists_together(([list_of(values)] if values else []) + lists) ~ ', x -> x is not null))), array[])') }}{% endmacro %}
