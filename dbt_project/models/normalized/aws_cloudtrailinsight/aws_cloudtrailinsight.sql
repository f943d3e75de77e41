-- One row per start or end of unusual API activity, as CloudTrail Insights found it. Its fields, their types and indicators: aws_cloudtrailinsight.yml.
{{ normalized('AWS.CloudTrailInsight') }}
