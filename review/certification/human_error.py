"""What people's own error adds to a certificate, from blind second answers on a random part of their labels.

A certificate proves that few of the machine's labels differ from what people say. To speak of the truth it
needs a bound on how often people are wrong. Second answers by another person, who sees neither the first
answer nor the machine's, give one.
"""

from __future__ import annotations

from scipy.stats import beta

from review.certification.exact import most_wrong


def people_error(*, n_second: int, n_differ: int, delta: float, n_labels: int | None = None) -> float:
    """An upper bound, with confidence 1 - delta, of the share of people's labels that are wrong.

    n_second  labels drawn uniformly, without replacement, and answered again by somebody else
    n_differ  second answers of another class; one that was skipped counts as different
    n_labels  labels they were drawn from, for the exact bound of a finite set; None: the bound of
              Clopper and Pearson (Biometrika 26, 1934), a little wider
    Returns a share, 0 to 1; 1 without second answers.

    Each difference counts as an error of the first answer, though it may be one of the second. What this
    leaves out are errors on which both agree. If two people err independently, each at a rate h up to 1/2,
    they differ with chance h(2 - h(1 + s)), s the chance that two errors agree: at least h, and near 2h
    where h is small. So common errors are covered as long as they are not more than all others together.
    A guideline that everyone misreads is not covered; no second answer can show that.
    """
    if not 0 <= n_differ <= n_second:
        raise ValueError(f"{n_differ} of {n_second} second answers differ: needs 0 <= n_differ <= n_second.")
    if not 0 < delta < 1:
        raise ValueError(f"delta is {delta}; it must lie above 0 and below 1.")
    if n_labels is not None:
        if n_labels < n_second:
            raise ValueError(f"{n_second} second answers for {n_labels} labels: needs n_second <= n_labels.")
        if n_labels == 0:
            return 1.0
        return most_wrong(population=n_labels, drawn=n_second, wrong=n_differ, delta=delta) / n_labels
    if n_differ == n_second:
        return 1.0
    return float(beta.ppf(1 - delta, n_differ + 1, n_second - n_differ))


def total_error(*, eps: float, upper: float, human_share: float) -> float:
    """The share of all labels that may be wrong, counting people's errors too. At most 1.

    eps          share allowed wrong by the machine's test, of all labels
    upper        people_error: bound of the share of people's labels that are wrong
    human_share  labels given by people / all labels

    It is eps / (1 - upper) + upper * human_share. The second term is people's wrong labels. The first is
    the machine's, with the errors that auditors miss: of F wrong machine labels, people would confirm at
    most the share `upper`, so at least (1 - upper) F would be found by auditing all; the test says that
    these are at most eps of all labels. Machine labels that auditors reject wrongly only add to what the
    test counts.

    Both bounds hold at once with the sum of their risks (union bound). Assumed, and worth a look:

    - people are not more often wrong about audited items that the machine got wrong, with the machine's
      very class, than about labels in general; auditors must not see the machine's label for this
    - second answers were drawn from all labels that people gave, those of this attempt included

    worst_total_error drops the first assumption.
    """
    _check(eps, upper, human_share)
    return min(1.0, eps / (1 - upper) + upper * human_share) if upper < 1 else 1.0


def worst_total_error(*, eps: float, upper: float) -> float:
    """The same if people confirm the machine's errors as they like: eps + upper, at most 1.

    A wrong label of the machine differs from what a person would say, which the test bounds by eps, or
    that person would be wrong there. It needs `upper` to bound people's error on all items, the machine's
    too: draw second answers from the audits as well, in proportion.
    """
    _check(eps, upper, 1.0)
    return min(1.0, eps + upper)


def _check(eps: float, upper: float, human_share: float) -> None:
    for name, value in (("eps", eps), ("upper", upper), ("human_share", human_share)):
        if not 0 <= value <= 1:
            raise ValueError(f"{name} is {value}; it is a share, from 0 to 1.")
