{# Functions over one text. Patterns use only what RE2 (DuckDB), Java (Athena) and Snowflake read alike: no look-around, no lazy quantifier, no (?:...). #}

{# The whole text matches. #}
{% macro matches(value, pattern) %}{{ return(adapter.dispatch('matches', 'panther')(value, pattern)) }}{% endmacro %}
{% macro duckdb__matches(value, pattern) %}{{ return('regexp_full_match(' ~ value ~ ', ' ~ regex(pattern, false) ~ ')') }}{% endmacro %}
{% macro snowflake__matches(value, pattern) %}{{ return('regexp_like(' ~ value ~ ', ' ~ regex(pattern) ~ ')') }}{% endmacro %}
{% macro athena__matches(value, pattern) %}{{ return('regexp_like(' ~ value ~ ', ' ~ regex('^(' ~ pattern ~ ')$') ~ ')') }}{% endmacro %}

{# Every match in the text, as a list; group 0 is the whole match. #}
{% macro find_all(text, pattern, group=0) %}{{ return(adapter.dispatch('find_all', 'panther')(text, pattern, group)) }}{% endmacro %}
{% macro default__find_all(text, pattern, group) %}{{ return('regexp_extract_all(' ~ text ~ ', ' ~ regex(pattern, group) ~ (', ' ~ group if group else '') ~ ')') }}{% endmacro %}
{% macro snowflake__find_all(text, pattern, group) %}{{ return('regexp_substr_all(' ~ text ~ ', ' ~ regex(pattern) ~ (", 1, 1, 'e', " ~ group if group else '') ~ ')') }}{% endmacro %}

{# A group of the first match; null or empty when there is none. #}
{% macro group_of(text, pattern, group) %}{{ return(adapter.dispatch('group_of', 'panther')(text, pattern, group)) }}{% endmacro %}
{% macro default__group_of(text, pattern, group) %}{{ return('regexp_extract(' ~ text ~ ', ' ~ regex(pattern) ~ ', ' ~ group ~ ')') }}{% endmacro %}
{% macro snowflake__group_of(text, pattern, group) %}{{ return("regexp_substr(" ~ text ~ ", " ~ regex(pattern) ~ ", 1, 1, 'e', " ~ group ~ ")") }}{% endmacro %}

{# The text with the match of a pattern (with ^ and $) replaced by its first group, a colon and its second. #}
{% macro pair_of(text, pattern, first, second) %}
    {%- set escape = '\\\\' if target.type == 'snowflake' else '$' if target.type == 'athena' else '\\' -%}
    {{ return('regexp_replace(' ~ text ~ ', ' ~ regex(pattern) ~ ", '" ~ escape ~ first ~ ':' ~ escape ~ second ~ "')") }}
{% endmacro %}

{# A pattern as a literal. Only Snowflake reads backslashes in '...' as escapes; RE2 is faster when nothing is captured. No pattern looks for '(' itself. #}
{% macro regex(pattern, captures=true) %}
    {%- if target.type == 'snowflake' -%}{{ return("'" ~ pattern | replace('\\', '\\\\') ~ "'") }}{%- endif -%}
    {{ return("'" ~ (pattern | replace('(', '(?:') if target.type == 'duckdb' and not captures else pattern) ~ "'") }}
{% endmacro %}

{# The text has this part. #}
{% macro has(text, part) %}{{ return(adapter.dispatch('has', 'panther')(text, part)) }}{% endmacro %}
{% macro default__has(text, part) %}{{ return('contains(' ~ text ~ ", '" ~ part ~ "')") }}{% endmacro %}
{% macro athena__has(text, part) %}{{ return('strpos(' ~ text ~ ", '" ~ part ~ "') > 0") }}{% endmacro %}

{# The text begins so. #}
{% macro begins(text, start) %}{{ return(adapter.dispatch('begins', 'panther')(text, start)) }}{% endmacro %}
{% macro default__begins(text, start) %}{{ return('starts_with(' ~ text ~ ", '" ~ start ~ "')") }}{% endmacro %}
{% macro snowflake__begins(text, start) %}{{ return('startswith(' ~ text ~ ", '" ~ start ~ "')") }}{% endmacro %}

{# Without blanks around; null when nothing is left. Few values have any, and DuckDB's trim() is slow. #}
{% macro trimmed(text) %}{{ return(adapter.dispatch('trimmed', 'panther')(text)) }}{% endmacro %}
{% macro default__trimmed(text) %}{{ return('nullif(trim(' ~ text ~ "), '')") }}{% endmacro %}
{% macro duckdb__trimmed(text) %}{{ return("case when " ~ text ~ " >= '!' and not suffix(" ~ text ~ ", ' ') then " ~ text ~ " else nullif(trim(" ~ text ~ "), '') end") }}{% endmacro %}

{# Texts with a blank between them; nulls count as empty. #}
{% macro texts_together(texts) %}{{ return(adapter.dispatch('texts_together', 'panther')(texts)) }}{% endmacro %}
{% macro default__texts_together(texts) %}{{ return("concat_ws(' ', '', coalesce(" ~ texts | join(", ''), coalesce(") ~ ", ''))") }}{% endmacro %}
{% macro duckdb__texts_together(texts) %}{{ return("concat_ws(' ', " ~ texts | join(', ') ~ ')' if texts | length > 1 else texts[0]) }}{% endmacro %}
