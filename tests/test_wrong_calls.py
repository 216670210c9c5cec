"""A wrong call of the statistics is refused, and the message names the element and the reason."""

import pandas as pd
import pytest
from invented_review import cases

from livingreview import effects, statistics


@pytest.mark.parametrize(("name", "values", "options", "message"), cases("wrong_calls"))
def test_a_wrong_call_is_refused_with_its_place_and_reason(name, values, options, message):
    function = getattr(effects, name, None) or getattr(statistics, name)
    with pytest.raises(ValueError, match=message):
        function(*values, **options)


def test_a_table_of_other_trials_than_those_pooled_is_refused():
    with pytest.raises(ValueError, match=r"one row per effect \(3\), got 2"):
        statistics.pool([0.1, 0.9, 0.4], [0.02, 0.03, 0.05], trials=pd.DataFrame({"label": ["a", "b"]}))
