import math

import pytest

from gis.units import AreaInvalid, Hectares


@pytest.mark.parametrize("value_ha", [math.nan, math.inf, -0.1])
def test_an_area_is_a_number_of_zero_or_more(value_ha: float) -> None:
    with pytest.raises(AreaInvalid):
        Hectares(value_ha)


def test_hectares_add_and_compare_with_hectares_only() -> None:
    assert Hectares(1.5) + Hectares(2) == Hectares(3.5)
    assert Hectares(3) - Hectares(1) == Hectares(2)
    assert Hectares(1) < Hectares(2)
    with pytest.raises(TypeError):
        Hectares(1) + 1  # pyright: ignore
    with pytest.raises(AreaInvalid):
        Hectares(1) - Hectares(2)
