-- One row per configuration item: what AWS Config recorded of one resource at one time. Its fields, their types and indicators: aws_config.yml.
{{ normalized('AWS.Config') }}
