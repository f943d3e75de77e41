{# A column's name. As declared where names ignore case; upper case on Snowflake, so that analysts need no quotes there. #}
{% macro ident(name) %}{{ return(adapter.dispatch('ident', 'panther')(name)) }}{% endmacro %}
{% macro default__ident(name) %}{{ return('"' ~ name ~ '"') }}{% endmacro %}
{% macro snowflake__ident(name) %}{{ return('"' ~ name | upper ~ '"') }}{% endmacro %}
{% macro athena__ident(name) %}{{ return('"' ~ name | lower ~ '"') }}{% endmacro %}

{# A part of an object, or of an object in it: names are matched without case in DuckDB and Athena. #}
{% macro part_of(value, names) %}{{ return(adapter.dispatch('part_of', 'panther')(value, names) if names else value) }}{% endmacro %}
{% macro default__part_of(value, names) %}{{ return(value ~ '."' ~ names | join('"."') ~ '"') }}{% endmacro %}
{% macro snowflake__part_of(value, names) %}{{ return(value ~ ':"' ~ names | join('":"') ~ '"') }}{% endmacro %}
{% macro athena__part_of(value, names) %}{{ return(value ~ ('."' ~ names | join('"."') ~ '"') | lower) }}{% endmacro %}

{# A declared field as text: parts of a VARIANT still carry their JSON type; json keeps the text of its JSON. #}
{% macro as_text(value, type) %}{{ return(adapter.dispatch('as_text', 'panther')(value, type)) }}{% endmacro %}
{% macro default__as_text(value, type) %}{{ return(value if type in ['string', 'map'] else 'cast(' ~ value ~ ' as varchar)') }}{% endmacro %}
{% macro athena__as_text(value, type) %}{{ return(value if type in ['string', 'json', 'map'] else 'cast(' ~ value ~ ' as varchar)') }}{% endmacro %}
{% macro snowflake__as_text(value, type) %}{{ return('to_json(' ~ value ~ ')' if type == 'json' else value if type == 'map' else value ~ '::string') }}{% endmacro %}

{# One value of a map. #}
{% macro map_value(map, key) %}{{ return(adapter.dispatch('map_value', 'panther')(map, key)) }}{% endmacro %}
{% macro duckdb__map_value(map, key) %}{{ return(map ~ "['" ~ key ~ "']") }}{% endmacro %}
{% macro snowflake__map_value(map, key) %}{{ return('get(' ~ map ~ ", '" ~ key ~ "')") }}{% endmacro %}
{% macro athena__map_value(map, key) %}{{ return('element_at(' ~ map ~ ", '" ~ key ~ "')") }}{% endmacro %}
