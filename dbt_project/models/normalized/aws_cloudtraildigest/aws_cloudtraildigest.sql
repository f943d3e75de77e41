-- One row per digest file, by which CloudTrail proves that its log files of an hour are complete and unchanged. Its fields, their types and indicators: aws_cloudtraildigest.yml.
{{ normalized('AWS.CloudTrailDigest') }}
