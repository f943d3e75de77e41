-- One row per AWS API call or sign-in. Its fields, their types and indicators: aws_cloudtrail.yml.
{{ normalized('AWS.CloudTrail') }}
