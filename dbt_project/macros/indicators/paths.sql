{#
  Where in an event indicators stand. A path is a list of steps: names, '[]' for each element of an array, '{}' for each value of a map,
  {'key': k} for one key of a map.
#}

{# [{expression, indicators, is_list}]: the trimmed value at each declared field with indicators; lists for those inside arrays and maps. #}
{% macro indicator_values(fields) %}
    {%- set values = [] -%}
    {%- for path in all_paths(fields) -%}
        {%- set is_list = '[]' in path.steps or '{}' in path.steps -%}
        {%- if path.field.indicators and path.field.type == 'map' -%}  {# the map as a whole: its entries, as key:value #}
            {%- do values.append({'is_list': true, 'indicators': path.field.indicators, 'expression': trimmed_each(map_pairs(value_at(path.steps, 'map')))}) -%}
        {%- elif path.field.indicators -%}
            {%- do values.append({'is_list': is_list, 'indicators': path.field.indicators, 'expression': value_at(path.steps, path.field.type, true)}) -%}
        {%- endif -%}
        {%- for indicator, keys in path.field['keys'].items() -%}
            {%- set by_key = [] -%}
            {%- for key in keys -%}{%- do by_key.append(value_at(path.steps + [{'key': key}], path.field.of.type, true)) -%}{%- endfor -%}
            {%- if is_list -%}{%- do values.append({'is_list': true, 'indicators': [indicator], 'expression': lists_together(by_key)}) -%}
            {%- else -%}
                {%- for value in by_key -%}{%- do values.append({'is_list': false, 'indicators': [indicator], 'expression': value}) -%}{%- endfor -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(values) }}
{% endmacro %}

{% macro trimmed_each(list) %}{{ return(list_map(list, trimmed('x'))) }}{% endmacro %}

{# The text of all open parts of an event: json fields, and texts that are declared open. None where a log type has none. #}
{% macro open_text(fields) %}
    {%- set texts = [] -%}
    {%- for path in all_paths(fields) if path.field.open -%}
        {%- set is_list = '[]' in path.steps or '{}' in path.steps -%}
        {%- set steps = path.steps + (['[]'] if path.field.type == 'array' else ['{}'] if path.field.type == 'map' else []) -%}
        {%- set value = value_at(steps, (path.field.of or path.field).type) -%}
        {%- do texts.append(list_text(value) if steps != path.steps or is_list else value) -%}
    {%- endfor -%}
    {{ return(texts_together(texts) if texts else '') }}
{% endmacro %}

{% macro all_paths(fields) %}
    {%- set paths = [] -%}
    {%- for field in fields -%}{%- do paths_in(field, [], paths) -%}{%- endfor -%}
    {{ return(paths) }}
{% endmacro %}

{% macro paths_in(field, steps, paths) %}
    {%- set steps = steps + ([field.name] if field.name else []) -%}
    {%- do paths.append({'steps': steps, 'field': field}) -%}
    {%- for child in field.fields -%}{%- do paths_in(child, steps, paths) -%}{%- endfor -%}
    {%- if field.of -%}{%- do paths_in(field.of, steps + ['[]' if field.type == 'array' else '{}'], paths) -%}{%- endif -%}
{% endmacro %}

{# The value (or list of values) of that type, as text; `trim` takes blanks and empty texts away. A step {'key': k} is one key of a map. #}
{% macro value_at(steps, type, trim=false) %}{{ return(value_below(ident(steps[0]), steps[1:], type, trim, 1)) }}{% endmacro %}
{% macro value_below(value, steps, type, trim, depth) %}
    {%- set at = namespace(stop=none) -%}
    {%- for step in steps if at.stop is none and (step is mapping or step in ['[]', '{}']) -%}{%- set at.stop = steps.index(step) -%}{%- endfor -%}
    {%- if at.stop is none -%}
        {%- set found = as_text(part_of(value, steps), type) -%}
        {{ return(trimmed(found) if trim else found) }}
    {%- endif -%}
    {%- set stop = steps[at.stop] -%}{%- set rest = steps[at.stop + 1:] -%}
    {%- set here = part_of(value, steps[:at.stop]) -%}
    {%- if stop is mapping -%}
        {%- set found = as_text(map_value(here, stop.key), type) -%}
        {{ return(trimmed(found) if trim else found) }}
    {%- endif -%}
    {%- set list = map_list(here) if stop == '{}' else here ~ ('::array' if target.type == 'snowflake' else '') -%}
    {%- set inner = value_below('y' ~ depth, rest, type, trim, depth + 1) -%}
    {%- if inner == 'y' ~ depth -%}{{ return(list) }}{%- endif -%}
    {%- set mapped = list_map(list, inner, 'y' ~ depth) -%}
    {{ return(list_flat(mapped) if '[]' in rest or '{}' in rest else mapped) }}
{% endmacro %}
