{# A model's folder names its schema (dbt_project.yml), without a prefix: panther_logs.aws_cloudtrail everywhere. #}
{% macro generate_schema_name(custom_schema_name, node) %}{{ custom_schema_name or target.schema }}{% endmacro %}
