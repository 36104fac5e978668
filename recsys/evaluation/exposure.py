"""Who is shown: every measure of exposure, over arrays.

Notation: Q scenes, P products (the whole catalogue after filters, the never shown too), k the
length of a list, lists ``int [Q, k]`` of product positions (−1 where a list is shorter), N
``int64 [P]`` times shown, f ``int [P]`` training frequencies. Figures are comparable only at
the same Q, k and P. "No data" is None, never 0.

| question | here | beside it, by chance |
| --- | --- | --- |
| how often is each shown | ``times_shown`` | ``expected_times_shown``, ``counts_by_chance`` |
| how uneven | ``lorenz``, ``gini``, ``robin_hood``, ``effective_catalogue``, ``skewness`` |
  ``lorenz_by_chance``, ``gini_by_chance`` with ``excess_gini``, ``concentration_by_chance`` |
| who is never shown | ``coverage`` | ``coverage_by_chance`` |
| who crowds the lists | ``hub_share``, ``largest_share``, ``top_share`` | as above |
| do lists follow training | ``average_popularity``, ``popularity_lift``, ``average_tail_share`` |
  ``popularity_by_chance``, ``tail_share_by_chance`` |
| are lengths to blame | ``norm_diagnosis`` | 0 |
| shown 312 times, right 9 | ``right_counts``, ``bad_exposure``, ``pop_reo`` |
  ``right_by_chance`` |
| do lists differ | ``personalisation``, ``intra_list_diversity`` |
  ``personalisation_by_chance``, ``intra_list_diversity_by_chance`` |

Of 4,000 lists of 10 among 40,000 products, all together take 0.03 s on one core, chance
included; the intra-list diversity over 256 dimensions takes 0.3 s beside that.
"""

from recsys.evaluation.exposure_chance import (
    SIMULATIONS,
    concentration_by_chance,
    counts_by_chance,
    coverage_by_chance,
    expected_times_shown,
    gini_by_chance,
    lorenz_by_chance,
    personalisation_by_chance,
    right_by_chance,
)
from recsys.evaluation.exposure_concentration import (
    TOP_SHARE,
    Concentration,
    concentration,
    coverage,
    effective_catalogue,
    excess_gini,
    gini,
    hub_share,
    hubs,
    largest_share,
    lorenz,
    robin_hood,
    skewness,
    top_products,
    top_share,
)
from recsys.evaluation.exposure_lists import (
    bad_exposure,
    intra_list_diversity,
    intra_list_diversity_by_chance,
    list_lengths,
    personalisation,
    right_counts,
    times_shown,
)
from recsys.evaluation.exposure_norms import (
    NormDiagnosis,
    norm_attributable,
    norm_diagnosis,
    percentiles,
    spearman,
)
from recsys.evaluation.exposure_popularity import (
    HEAD_SHARE,
    average_popularity,
    average_tail_share,
    group_recall,
    lift,
    pop_reo,
    popularity_by_chance,
    popularity_lift,
    tail,
    tail_share_by_chance,
    true_popularity,
)

__all__ = [
    "HEAD_SHARE",
    "SIMULATIONS",
    "TOP_SHARE",
    "Concentration",
    "NormDiagnosis",
    "average_popularity",
    "average_tail_share",
    "bad_exposure",
    "concentration",
    "concentration_by_chance",
    "counts_by_chance",
    "coverage",
    "coverage_by_chance",
    "effective_catalogue",
    "excess_gini",
    "expected_times_shown",
    "gini",
    "gini_by_chance",
    "group_recall",
    "hub_share",
    "hubs",
    "intra_list_diversity",
    "intra_list_diversity_by_chance",
    "largest_share",
    "lift",
    "list_lengths",
    "lorenz",
    "lorenz_by_chance",
    "norm_attributable",
    "norm_diagnosis",
    "percentiles",
    "personalisation",
    "personalisation_by_chance",
    "pop_reo",
    "popularity_by_chance",
    "popularity_lift",
    "right_by_chance",
    "right_counts",
    "robin_hood",
    "skewness",
    "spearman",
    "tail",
    "tail_share_by_chance",
    "times_shown",
    "top_products",
    "top_share",
    "true_popularity",
]
