"""What the lengths of vectors have to do with who is shown."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from recsys.evaluation import exposure
from tests.evaluation import exposure_oracle as oracle
from tests.evaluation.exposure_cases import SEEDS, quick, same


@quick
@given(SEEDS)
def test_against_the_oracle(seed: int) -> None:
    rng = np.random.default_rng(seed)
    products = int(rng.integers(0, 12))
    norms, others = rng.integers(1, 5, products) / 2, rng.integers(0, 4, products)
    assert same(exposure.spearman(norms, others), oracle.spearman(norms.tolist(), others.tolist()))
    places = [(rank - 0.5) / max(1, products) for rank in oracle.ranks(norms.tolist())]
    np.testing.assert_allclose(exposure.percentiles(norms), places)


@quick
@given(SEEDS)
def test_spearman_follows_any_rising_function(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 6, (2, 9))
    found = exposure.spearman(a, b)
    if found is not None:
        assert -1 <= found <= 1
        assert exposure.spearman(a**3 + 2.0, b) == found
        assert exposure.spearman(-a, b) == pytest.approx(-found)
        assert exposure.spearman(b, a) == found


class TestNorms:
    def test_a_diagnosis(self) -> None:
        norms = np.array([4.0, 1.0, 2.0, np.nan])
        dot, cosine = np.array([6, 0, 2, 0]), np.array([2, 3, 3, 0])
        found = exposure.norm_diagnosis(norms, np.array([1, 3, 2, 9]), dot, dot, cosine)
        assert found.norm_and_shown == 1
        assert found.norm_and_frequency == -1  # the product without a vector does not count
        assert found.frequency_and_shown == pytest.approx(
            oracle.spearman([1, 3, 2, 9], dot.tolist())
        )
        assert found.norm_variation == pytest.approx(np.std([4, 1, 2]) / (7 / 3))
        assert found.norm_attributable == pytest.approx(4 / 8)

    def test_what_is_not_known(self) -> None:
        found = exposure.norm_diagnosis(np.ones(3), None, np.zeros(3, int))
        assert found == exposure.NormDiagnosis(None, None, None, 0.0, None)
        nothing = np.zeros(0)
        assert exposure.norm_diagnosis(nothing, nothing, nothing.astype(int)) == (
            exposure.NormDiagnosis(None, None, None, None, None)
        )

    def test_lists_of_other_scenes_are_refused(self) -> None:
        with pytest.raises(ValueError, match="same scenes, products and k, found 3 showings"):
            exposure.norm_attributable(np.array([3, 0]), np.array([1, 1]))
