{#
  The regular expressions of indicators, in the syntax that all three warehouses read alike (expressions/texts.sql). `open` finds candidates in open JSON, whole
  words at a time, so that a part of something longer (1.2.3.4.5, 999.1.1.1, 10.0.0.0/8, a version after a slash, AWS::EC2::Instance) is taken whole
  and then fails the exact pattern of its kind.
#}
{% macro patterns() %}
    {%- set octet = '(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])' -%}
    {%- set ipv4 = '(' ~ octet ~ '[.]){3}' ~ octet -%}
    {%- set h = '[0-9a-fA-F]{1,4}' -%}
    {%- set ipv6 = [
        '(H:){7}H', '(H:){1,7}:', '(H:){1,6}:H', '(H:){1,5}(:H){1,2}', '(H:){1,4}(:H){1,3}', '(H:){1,3}(:H){1,4}', '(H:){1,2}(:H){1,5}', 'H:(:H){1,6}', ':(:H){1,7}', '::',
        '(H:){6}V', '::(H:){0,5}V', '(H:){1,5}:V', '(H:){1,4}:H:V', '(H:){1,3}:(H:){2}V', '(H:){1,2}:(H:){3}V', 'H::(H:){4}V',
    ] | join('|') | replace('H', h) | replace('V', ipv4) -%}
    {%- set exact = {
        'ip': ipv4 ~ '|' ~ ipv6, 'ipv4': ipv4,
        'email': '[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+[.][A-Za-z0-9.-]*[A-Za-z]',
        'aws_arn': 'arn:aws[a-z-]*:[^:"\\\\ ,]*:[^:"\\\\ ,]*:[^:"\\\\ ,]*:[^"\\\\ ,]+',
        'aws_account_id': '[0-9]{12}',
        'aws_instance_id': 'i-[0-9a-f]{8,17}',
        'md5': '[0-9a-fA-F]{32}', 'sha1': '[0-9a-fA-F]{40}', 'sha256': '[0-9a-fA-F]{64}',
        'mac': '([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}',
    } -%}
    {%- set word = '[A-Za-z0-9_]' -%}
    {%- set open = [
        exact.aws_arn,
        exact.email,
        'https?://([^/@"\\\\ ]*@)?[A-Za-z0-9._-]+',
        '[A-Za-z]/[0-9]+[.][0-9.]+',
        '["\\[]::[0-9a-fA-F][0-9a-fA-F:]*([.][0-9]+)*(/[0-9]+)?',
        '\\b([0-9]{1,3}([.][0-9]{1,3}){3}([.]?' ~ word ~ ')*(/[0-9]+)?|[0-9a-fA-F]{1,4}:[0-9a-fA-F:]*:[0-9a-fA-F:]*([.][0-9]+)*(:?' ~ word ~ ')*(/[0-9]+)?|' ~ exact.aws_instance_id ~ '\\b|[0-9a-fA-F]{32,64}\\b)',
    ] | join('|') -%}
    {%- set text = '([^"\\\\]|\\\\.)*' -%}
    {%- set key = '"[kK]ey":"(' ~ text ~ ')"' -%}{%- set value = '"[vV]alue":"(' ~ text ~ ')"' -%}
    {%- set tags = [
        {'pattern': '[{]' ~ key ~ ',' ~ value ~ '[}]', 'key': 1, 'value': 3},
        {'pattern': '[{]' ~ value ~ ',' ~ key ~ '[}]', 'key': 3, 'value': 1},
    ] -%}
    {{ return(dict(exact, open=open, open_aws=aws_keys() ~ '|' ~ open, tags=tags, tag_lists='"[tT]ag(s|Set|List|sList)":([{]"items":)?\\[((' ~ tags[0].pattern ~ '|' ~ tags[1].pattern ~ '),?)+')) }}
{% endmacro %}

{# Keys of AWS requests and answers whose values are indicators although they do not look like one: found with their key, as "accountId":"123456789012". #}
{% macro aws_keys() %}
    {{ return([
        '"([A-Za-z]*AccountId|accountId|account)":"[0-9]{12}"',
        '"(instanceId|instance-id|[A-Za-z]*InstanceId)":"i-[^"\\\\]+"',
        '"(publicDnsName|privateDnsName|domain)":"[^"\\\\]+"',
        '"[tT]ag(s|Set|List|sList)":(\\[|[{])',
    ] | join('|')) }}
{% endmacro %}
