{#
  Which p_any_ columns a log type fills, and from what: declared fields with `indicators:`, and one regular expression over its open JSON. Returns
  {steps, source, columns}: CTEs that add columns to the typed rows one upon the other, the name of the last, and the expression of each p_any_ column.
  Expressions that are needed twice are columns of a step.
#}
{% macro indicator_columns() %}
    {{ return([
        'p_any_ip_addresses', 'p_any_domain_names', 'p_any_usernames', 'p_any_emails', 'p_any_actor_ids', 'p_any_aws_account_ids', 'p_any_aws_arns',
        'p_any_aws_instance_ids', 'p_any_aws_tags', 'p_any_md5_hashes', 'p_any_sha1_hashes', 'p_any_sha256_hashes', 'p_any_trace_ids', 'p_any_mac_addresses',
    ]) }}
{% endmacro %}

{% macro found_indicators(log_type, fields) %}
    {%- set p = patterns() -%}
    {%- set picked = {} -%}{%- set checked = {} -%}{%- set gathered = {} -%}
    {%- set one = {} -%}{%- set many = {} -%}  {# column -> expressions of single values, of lists #}

    {# --- declared fields #}
    {%- for value in indicator_values(fields) -%}
        {%- set name = ('l_' if value.is_list else 'v_') ~ loop.index -%}
        {%- do picked.update({name: value.expression}) -%}
        {%- for indicator in value.indicators -%}
            {%- for column, expression in indicator_expressions(name, indicator, value.is_list, checked).items() -%}
                {%- do (many if value.is_list else one).setdefault(column, []).append(expression) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}

    {# --- open JSON #}
    {%- set open = open_text(fields) -%}
    {%- if open -%}
        {%- do picked.update({'open_text': open}) -%}
        {%- do checked.update({'open_words': find_all('open_text', p.open)}) -%}
        {%- set kinds = {
            'p_any_ip_addresses': list_where(list_map('open_words', without_mark('x')), matches('x', p.ip)),
            'p_any_domain_names': list_where(list_map(list_where('open_words', begins('x', 'http') ~ ' and ' ~ has('x', '://')), host_in_open('x')), "x <> '' and not " ~ matches('x', p.ip)),
            'p_any_emails': list_where('open_words', matches('x', p.email)),
            'arns': list_where('open_words', matches('x', p.aws_arn)),
            'p_any_aws_instance_ids': list_where('open_words', matches('x', p.aws_instance_id)),
            'p_any_md5_hashes': lower_each(list_where('open_words', matches('x', p.md5))),
            'p_any_sha1_hashes': lower_each(list_where('open_words', matches('x', p.sha1))),
            'p_any_sha256_hashes': lower_each(list_where('open_words', matches('x', p.sha256))),
        } -%}
        {%- do many.setdefault('p_any_ip_addresses', []).append(list_where(list_map(list_where('open_words', begins('x', 'http') ~ ' and ' ~ has('x', '://')), host_in_open('x')), matches('x', p.ip))) -%}
        {%- for column, list in kinds.items() -%}{%- do many.setdefault(column, []).append(list) -%}{%- endfor -%}
        {%- if log_type.startswith('AWS.') -%}
            {%- set keys = aws_keys() -%}
            {%- do many.setdefault('p_any_aws_account_ids', []).append(find_hinted('open_text', keys.accounts)) -%}
            {%- do many.setdefault('p_any_domain_names', []).append(find_hinted('open_text', keys.domains)) -%}
            {%- do many.setdefault('p_any_domain_names', []).append(find_hinted('open_text', keys.domain)) -%}
            {%- do many.setdefault('p_any_aws_instance_ids', []).append(find_hinted('open_text', keys.instances)) -%}
            {%- for tag in keys.tags -%}
                {%- set pairs = find_all(list_text(find_all('open_text', keys.tag_lists.pattern)), tag.pattern) -%}
                {%- do many.setdefault('p_any_aws_tags', []).append(when_hinted('open_text', keys.tag_lists.hint, list_map(pairs, pair_of('x', '^' ~ tag.pattern ~ '$', tag.key, tag.value)))) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}

    {# --- what ARNs tell #}
    {%- set columns = {} -%}
    {%- if 'arns' in one or 'arns' in many -%}
        {%- do gathered.update({'p_any_aws_arns': sorted_distinct(one.get('arns', []), many.get('arns', []))}) -%}
        {%- do columns.update({'p_any_aws_arns': 'p_any_aws_arns'}) -%}
        {%- do many.setdefault('p_any_aws_account_ids', []).append(list_where(list_map('p_any_aws_arns', part('x', ':', 5)), matches('x', p.aws_account_id))) -%}
        {%- do many.setdefault('p_any_aws_instance_ids', []).append(list_where(list_map('p_any_aws_arns', group_of('x', ':instance/(.*/)?(i-[0-9a-f]+)$', 2)), matches('x', p.aws_instance_id))) -%}
        {%- do many.setdefault('p_any_emails', []).append(list_where(list_map(list_where('p_any_aws_arns', has('x', ':assumed-role/')), group_of('x', '/([^/]+)$', 1)), has('x', '@'))) -%}
    {%- endif -%}

    {%- for column in indicator_columns() if column not in columns and (column in one or column in many) -%}
        {%- do columns.update({column: sorted_distinct(one.get(column, []), many.get(column, []))}) -%}
    {%- endfor -%}

    {%- set found = {'steps': [], 'source': 'typed', 'columns': columns} -%}
    {%- for name, why, added in [
        ('picked', 'the values of fields with indicators, and the open parts', picked),
        ('checked', 'which of them are addresses; candidates in the open parts', checked),
        ('gathered', 'ARNs, which hold other indicators', gathered),
    ] if added -%}
        {%- do found.steps.append({'name': name, 'why': why, 'source': found.source, 'columns': added}) -%}
        {%- do found.update({'source': name}) -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}

{# Column (or 'arns') -> expression of the indicators that the column or list `name` gives; null or an empty list where it is none of that kind. #}
{% macro indicator_expressions(name, indicator, is_list, checked) %}
    {%- set p = patterns() -%}
    {%- if indicator in ['ip', 'hostname', 'url', 'net_addr'] -%}
        {%- set host = {'url': host_of_url('x'), 'net_addr': host_of_net_addr('x')}.get(indicator, 'x') -%}
        {%- set hosts = name if host == 'x' else 'h_' ~ name ~ '_' ~ indicator -%}
        {%- if host != 'x' -%}{%- do checked.update({hosts: list_map(name, host) if is_list else on(name, host)}) -%}{%- endif -%}
        {%- set ip = list_where(hosts, matches('x', p.ip)) if is_list else when(hosts, matches(hosts, p.ip)) -%}
        {%- if indicator == 'ip' -%}{{ return({'p_any_ip_addresses': ip}) }}{%- endif -%}
        {{ return({
            'p_any_ip_addresses': ip,
            'p_any_domain_names': list_where(hosts, "x <> '' and not " ~ matches('x', p.ip)) if is_list else when(hosts, hosts ~ " <> '' and not " ~ matches(hosts, p.ip)),
        }) }}
    {%- elif indicator in ['md5', 'sha1', 'sha256'] -%}
        {{ return({'p_any_' ~ indicator ~ '_hashes': lower_each(list_where(name, matches('x', p[indicator]))) if is_list else when('lower(' ~ name ~ ')', matches(name, p[indicator]))}) }}
    {%- elif indicator == 'mac' -%}
        {%- set plain = "lower(replace(x, '-', ':'))" -%}
        {{ return({'p_any_mac_addresses': list_map(list_where(name, matches('x', p.mac)), plain) if is_list else when(on(name, plain), matches(name, p.mac))}) }}
    {%- endif -%}
    {%- set plain = {
        'domain': 'p_any_domain_names', 'username': 'p_any_usernames', 'trace_id': 'p_any_trace_ids', 'actor_id': 'p_any_actor_ids', 'aws_tag': 'p_any_aws_tags',
    } -%}
    {%- if indicator in plain -%}{{ return({plain[indicator]: name}) }}{%- endif -%}
    {%- set column, condition = {
        'email': ('p_any_emails', has('x', '@')),
        'aws_arn': ('arns', matches('x', 'arn:[^:]*:[^:]*:[^:]*:[^:]*:.*')),
        'aws_account_id': ('p_any_aws_account_ids', matches('x', p.aws_account_id)),
        'aws_instance_id': ('p_any_aws_instance_ids', begins('x', 'i-')),
    }[indicator] -%}
    {{ return({column: list_where(name, condition) if is_list else when(name, on(name, condition))}) }}
{% endmacro %}

{# An expression written over `x`, over a column instead. #}
{% macro on(column, expression) %}{{ return(modules.re.sub('\\bx\\b', column, expression)) }}{% endmacro %}
{% macro when(value, condition) %}{{ return('case when ' ~ condition ~ ' then ' ~ value ~ ' end') }}{% endmacro %}
{% macro lower_each(list) %}{{ return(list_map(list, 'lower(x)')) }}{% endmacro %}
{% macro part(text, separator, number) %}{{ return('split_part(' ~ text ~ ", '" ~ separator ~ "', " ~ number ~ ')') }}{% endmacro %}
{# The quote or bracket before '::1', which shows that the word begins there. #}
{% macro without_mark(text) %}{{ return("regexp_replace(" ~ text ~ ", '^[\"\\[]', '')" if target.type == 'athena' else "ltrim(" ~ text ~ ", '\"[')") }}{% endmacro %}

{# http://user:password@host, as the pattern `open` finds it: no port, no path. #}
{% macro host_in_open(text) %}{{ return("regexp_replace(" ~ part(text, '/', 3) ~ ", '^.*@', '')") }}{% endmacro %}
{# scheme://user@host:port/path, //host, host/path; [v6] without its brackets. #}
{% macro host_of_url(text) %}{{ return("ltrim(" ~ group_of(text, '^([A-Za-z][A-Za-z0-9+.-]*:)?//([^/@?#]*@)?([[][^]]*|[^/:?#]*)', 3) ~ ", '[')") }}{% endmacro %}
{# host:port, [v6]:port, host alone, v6 alone. #}
{% macro host_of_net_addr(text) %}{{ return("ltrim(" ~ group_of(text, '^([[][^]]*|[^:]*|.*)([]]:[0-9]+|:[0-9]+|[]])?$', 1) ~ ", '[')") }}{% endmacro %}

{% macro when_hinted(text, hint, list) %}{{ return('case when ' ~ has(text, hint) ~ ' then ' ~ list ~ ' end') }}{% endmacro %}
{% macro find_hinted(text, key) %}{{ return(when_hinted(text, key.hint, find_all(text, key.pattern, key.group))) }}{% endmacro %}
