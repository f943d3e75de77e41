{# Test: the grain of identity_activity. #}
{% test one_row_per_employee_source_and_hour(model) %}
select email, log_type, activity_hour, count(*) as occurrences
from {{ model }}
group by email, log_type, activity_hour
having count(*) > 1
{% endtest %}
