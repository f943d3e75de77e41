{# Test: no p_row_id is missing or occurs twice. Of a unit of work if one is given, since the whole history would be read otherwise. #}
{% test one_row_per_record(model) %}
select p_row_id, count(*) as occurrences
from {{ model }}
where {{ unit_of_work() }}
group by p_row_id
having count(*) > 1 or p_row_id is null
{% endtest %}
