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
    {%- set one = {} -%}{%- set many = {} -%}  {# p_any_ column -> names of single values, of lists #}
    {%- set steps = {'picked': {}, 'hosts': {}, 'checked': {}, 'split': {}, 'told': {}, 'gathered': {}, 'derived': {}} -%}
    {%- for value in indicator_values(fields) -%}
        {%- set name = ('l_' if value.is_list else 'v_') ~ loop.index -%}
        {%- do steps.picked.update({name: value.expression}) -%}
        {%- for indicator in value.indicators -%}{%- do tell_field(name, indicator, value.is_list, steps, many if value.is_list else one) -%}{%- endfor -%}
    {%- endfor -%}
    {%- set open = open_text(fields) -%}
    {%- if open -%}
        {%- do steps.picked.update({'open_text': open}) -%}
        {%- do tell_open_text(log_type.startswith('AWS.'), steps, many) -%}
    {%- endif -%}
    {%- do tell_arns(steps, one, many) -%}

    {%- set columns = {} -%}
    {%- for column in indicator_columns() if column in one or column in many -%}
        {%- do columns.update({column: column if column in steps.gathered else sorted_distinct(one.get(column, []), many.get(column, []))}) -%}
    {%- endfor -%}
    {%- set found = {'steps': [], 'source': 'typed', 'columns': columns} -%}
    {%- for name, why in [
        ('picked', 'the values of fields with indicators, and the open parts'), ('hosts', 'of URLs and addresses with a port'),
        ('checked', 'which values are of their kind; candidates in the open parts'), ('split', 'ARNs and other candidates'),
        ('told', 'candidates by kind'), ('gathered', 'lists that are needed more than once'), ('derived', 'what ARNs tell'),
    ] if steps[name] -%}
        {%- do found.steps.append({'name': name, 'why': why, 'source': found.source, 'columns': steps[name]}) -%}
        {%- do found.update({'source': name}) -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}

{# Which p_any_ columns a value (or list) of that indicator goes to; `told` collects the names of the columns that hold it, null where it is not of the kind. #}
{% macro tell_field(name, indicator, is_list, steps, told) %}
    {%- set p = patterns() -%}
    {%- set plain = {
        'domain': 'p_any_domain_names', 'username': 'p_any_usernames', 'trace_id': 'p_any_trace_ids', 'actor_id': 'p_any_actor_ids', 'aws_tag': 'p_any_aws_tags',
    } -%}
    {%- if indicator in plain -%}
        {%- do told.setdefault(plain[indicator], []).append(name) -%}
    {%- elif indicator in ['ip', 'hostname', 'url', 'net_addr'] -%}
        {%- set host = {'url': host_of_url('x'), 'net_addr': host_of_net_addr('x')}.get(indicator) -%}
        {%- set hosts = name ~ '_' ~ indicator if host else name -%}
        {%- if host -%}{%- do steps.hosts.update({hosts: list_map(name, host) if is_list else on(name, host)}) -%}{%- endif -%}
        {%- do steps.checked.update({hosts ~ '_ip': only(hosts, matches('x', p.ip), is_list)}) -%}
        {%- do told.setdefault('p_any_ip_addresses', []).append(hosts ~ '_ip') -%}
        {%- if indicator != 'ip' -%}
            {%- do steps.told.update({hosts ~ '_name': list_where(hosts, "x <> '' and not " ~ matches('x', p.ip)) if is_list else when(hosts, hosts ~ '_ip is null and ' ~ hosts ~ " <> ''")}) -%}
            {%- do told.setdefault('p_any_domain_names', []).append(hosts ~ '_name') -%}
        {%- endif -%}
    {%- else -%}
        {%- set column, condition, value = {
            'email': ('p_any_emails', has('x', '@'), 'x'),
            'aws_arn': ('p_any_aws_arns', "x like 'arn:%:%:%:%:%'", 'x'),
            'aws_account_id': ('p_any_aws_account_ids', matches('x', p.aws_account_id), 'x'),
            'aws_instance_id': ('p_any_aws_instance_ids', begins('x', 'i-'), 'x'),
            'md5': ('p_any_md5_hashes', matches('x', p.md5), 'lower(x)'),
            'sha1': ('p_any_sha1_hashes', matches('x', p.sha1), 'lower(x)'),
            'sha256': ('p_any_sha256_hashes', matches('x', p.sha256), 'lower(x)'),
            'mac': ('p_any_mac_addresses', matches('x', p.mac), "lower(replace(x, '-', ':'))"),
        }[indicator] -%}
        {%- do steps.checked.update({name ~ '_' ~ indicator: only(name, condition, is_list, value)}) -%}
        {%- do told.setdefault(column, []).append(name ~ '_' ~ indicator) -%}
    {%- endif -%}
{% endmacro %}

{# Candidates from the open text by what they look like: the alternatives of patterns().open differ in how they begin. Most are ARNs, which are set apart first. #}
{% macro tell_open_text(is_aws, steps, many) %}
    {%- set p = patterns() -%}
    {%- do steps.checked.update({'words': find_all('open_text', p.open_aws if is_aws else p.open)}) -%}
    {%- do steps.split.update({'word_arns': list_where('words', begins('x', 'arn:')), 'rest': list_where('words', 'not ' ~ begins('x', 'arn:'))}) -%}
    {%- do steps.told.update({
        'word_ips': list_map(list_where('rest', matches('x', '["\\[]?(' ~ p.ip ~ ')')), without_mark('x')),
        'word_hosts': list_map(list_where('rest', begins('x', 'http') ~ ' and ' ~ has('x', '://')), host_in_open('x')),
        'word_emails': list_where('rest', matches('x', p.email)),
        'word_instances': list_where('rest', matches('x', p.aws_instance_id)),
        'word_hashes': lower_each(list_where('rest', matches('x', '[0-9a-fA-F]{32,64}'))),
    }) -%}
    {%- do steps.gathered.update({
        'host_ips': list_where('word_hosts', matches('x', p.ipv4)), 'host_names': list_where('word_hosts', "x <> '' and not " ~ matches('x', p.ipv4)),
        'md5s': list_where('word_hashes', 'length(x) = 32'), 'sha1s': list_where('word_hashes', 'length(x) = 40'), 'sha256s': list_where('word_hashes', 'length(x) = 64'),
    }) -%}
    {%- for column, list in [
        ('p_any_ip_addresses', 'word_ips'), ('p_any_ip_addresses', 'host_ips'), ('p_any_domain_names', 'host_names'), ('p_any_emails', 'word_emails'), ('p_any_aws_arns', 'word_arns'),
        ('p_any_aws_instance_ids', 'word_instances'), ('p_any_md5_hashes', 'md5s'), ('p_any_sha1_hashes', 'sha1s'), ('p_any_sha256_hashes', 'sha256s'),
    ] -%}{%- do many.setdefault(column, []).append(list) -%}{%- endfor -%}
    {%- if is_aws -%}{%- do tell_aws_keys(steps, many) -%}{%- endif -%}
{% endmacro %}

{# Candidates that were found with their key, and lists of tags, which need a second look. #}
{% macro tell_aws_keys(steps, many) %}
    {%- set p = patterns() -%}
    {%- set value = part('x', '"', 4) -%}
    {%- do steps.told.update({'keyed': list_where('rest', begins('x', '"') ~ ' and ' ~ has('x', '":'))}) -%}
    {%- for column, name, condition in [
        ('p_any_aws_account_ids', 'keyed_accounts', has('x', 'ccount')), ('p_any_aws_instance_ids', 'keyed_instances', has('x', 'nstance')),
        ('p_any_domain_names', 'keyed_names', has('x', 'DnsName":') ~ ' or ' ~ begins('x', '"domain":')),
    ] -%}
        {%- do steps.gathered.update({name: list_map(list_where('keyed', condition), value)}) -%}
        {%- do many.setdefault(column, []).append(name) -%}
    {%- endfor -%}
    {%- for tag in p.tags -%}
        {%- set pairs = list_map(find_all(list_text(find_all('open_text', p.tag_lists)), tag.pattern), pair_of('x', '^' ~ tag.pattern ~ '$', tag.key, tag.value)) -%}
        {%- do steps.gathered.update({'tags_' ~ loop.index: when(pairs, list_size(list_where('keyed', begins('x', '"tag') ~ ' or ' ~ begins('x', '"Tag'))) ~ ' > 0')}) -%}
        {%- do many.setdefault('p_any_aws_tags', []).append('tags_' ~ loop.index) -%}
    {%- endfor -%}
{% endmacro %}

{# An ARN names its account, sometimes an instance, and the session of an assumed role, which often is an e-mail address. #}
{% macro tell_arns(steps, one, many) %}
    {%- set p = patterns() -%}
    {%- if 'p_any_aws_arns' in one or 'p_any_aws_arns' in many -%}
        {%- do steps.gathered.update({'p_any_aws_arns': sorted_distinct(one.get('p_any_aws_arns', []), many.get('p_any_aws_arns', []), often=true)}) -%}
        {%- set others = ["x <> ''"] -%}  {# mostly it is the account of the event, which is there already #}
        {%- for name in one.get('p_any_aws_account_ids', []) -%}{%- do others.append('x is distinct from ' ~ name) -%}{%- endfor -%}
        {%- do steps.derived.update({
            'arn_accounts': list_where(list_where(list_map('p_any_aws_arns', part('x', ':', 5)), others | join(' and ')), matches('x', p.aws_account_id)),
            'arn_instances': list_map(list_where(list_where('p_any_aws_arns', has('x', ':instance/')), matches('x', '.*:instance/(.*/)?i-[0-9a-f]+')), group_of('x', '(i-[0-9a-f]+)$', 1)),
            'arn_emails': list_where(list_map(list_where('p_any_aws_arns', "x like '%:assumed-role/%@%'"), group_of('x', '([^/]*)$', 1)), has('x', '@')),
        }) -%}
        {%- for column, list in [('p_any_aws_account_ids', 'arn_accounts'), ('p_any_aws_instance_ids', 'arn_instances'), ('p_any_emails', 'arn_emails')] -%}
            {%- do many.setdefault(column, []).append(list) -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}

{# The value, or the values of a list, that meet a condition over `x`; `value` is what is kept of them. #}
{% macro only(name, condition, is_list, value='x') %}
    {%- if not is_list -%}{{ return(when(on(name, value), on(name, condition))) }}{%- endif -%}
    {{ return(list_where(name, condition) if value == 'x' else list_map(list_where(name, condition), value)) }}
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
{% macro host_of_url(text) %}{{ return("ltrim(" ~ group_of(text, '^([A-Za-z][A-Za-z0-9+.-]*:)?//([^/@?#]*@)?(\\[[^\\]]*|[^/:?#]*)', 3) ~ ", '[')") }}{% endmacro %}
{# host:port, [v6]:port, host alone, v6 alone. #}
{% macro host_of_net_addr(text) %}{{ return("ltrim(" ~ group_of(text, '^(\\[[^\\]]*|[^:]*|.*)(\\]:[0-9]+|:[0-9]+|\\])?$', 1) ~ ", '[')") }}{% endmacro %}

