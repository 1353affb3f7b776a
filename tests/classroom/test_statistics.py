"""The figures of a class: by hand, against implementations that others keep well, and by what they may not depend on."""

import random
from dataclasses import fields, replace

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from coursekit.classroom import mistakes, statistics
from coursekit.classroom.marking import Mark
from coursekit.classroom.room import room
from coursekit.classroom.sample import invented_class
from coursekit.course import Course

SHARES = st.integers(1, 400).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


def mark(learner, exercise, first, **more):
    """A mark of somebody who tried once."""
    row = {field.name: "" if field.type == "str" else 0 for field in fields(Mark)}
    mine = {"learner": learner, "exercise": exercise, "first": first, "best": first, "solved": first == 1, "tries": 1}
    return Mark(**(row | mine | more))


def sheet(seed, learners, exercises, graded=False):
    """Scores in which able learners do better. Made from one seed, so that others can be asked about the same ones."""
    chance, rows = random.Random(seed), []
    for _ in range(learners):
        able, row = chance.random(), []
        for _ in range(exercises):
            score = able * 0.7 + chance.random() * 0.6 - 0.15
            row.append(round(min(max(score, 0), 1), 2) if graded else int(score > 0.5))
        rows.append(row)
    return numpy.array(rows, float)


def marks_of(scores):
    return [
        mark(f"learner {n:03}", f"exercise {k:03}", float(score))
        for n, row in enumerate(scores)
        for k, score in enumerate(row)
        if not numpy.isnan(score)
    ]


@pytest.fixture(scope="module")
def klass(tmp_path_factory):
    return room(invented_class(folder=tmp_path_factory.mktemp("class")), Course.find())


# Intervals -----------------------------------------------------------------------------------------------------------


def test_half_of_ten_may_well_be_a_quarter_or_three_quarters():
    low, high = statistics.wilson(5, 10)
    assert (round(low, 4), round(high, 4)) == (0.2366, 0.7634)


def test_none_of_five_may_still_be_two_in_five_and_all_of_five_three_in_five():
    assert [round(x, 4) for x in statistics.wilson(0, 5)] == [0, 0.4345]
    assert [round(x, 4) for x in statistics.wilson(5, 5)] == [0.5655, 1]


@settings(max_examples=50, deadline=None)
@given(SHARES)
def test_the_interval_of_a_share_is_that_of_scipy(share):
    theirs = stats.binomtest(*share).proportion_ci(0.95, method="wilson")
    assert statistics.wilson(*share) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(SHARES)
def test_the_interval_holds_the_share_and_stays_between_none_and_all(share):
    low, high = statistics.wilson(*share)
    assert 0 <= low <= share[0] / share[1] <= high <= 1


@pytest.mark.parametrize("seed", range(5))
def test_the_interval_of_a_correlation_is_that_of_scipy(seed):
    x, y = numpy.random.default_rng(seed).normal(size=(2, 20))
    theirs = stats.pearsonr(x, y)
    assert statistics.fisher(theirs.statistic, 20) == pytest.approx(tuple(theirs.confidence_interval()), abs=1e-9)


# Discrimination ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("graded", [False, True])
def test_where_all_tried_all_discrimination_is_the_item_rest_correlation_of_scipy(graded):
    scores = sheet(4, 30, 10, graded)
    for n, (found, of) in enumerate(statistics.discriminations(scores)):
        rest = numpy.delete(scores, n, axis=1).sum(axis=1)
        assert found == pytest.approx(stats.pearsonr(scores[:, n], rest).statistic, abs=1e-12)
        assert of == 30


def test_an_exercise_does_not_help_itself():
    """Random answers beside one another have no item-rest correlation, though each has one with a sum that holds it."""
    chance = numpy.random.default_rng(5)
    scores = chance.integers(0, 2, size=(3000, 6)).astype(float)
    assert all(abs(found) < 0.06 for found, _ in statistics.discriminations(scores))
    assert stats.pearsonr(scores[:, 0], scores.sum(axis=1)).statistic > 0.3


def test_learners_who_tried_only_easy_exercises_do_not_look_able():
    """All are equally able; half of them met hard exercises only, the other half easy ones, and all met the first."""
    chance = numpy.random.default_rng(6)
    scores = numpy.full((4000, 13), numpy.nan)
    scores[:, 0] = chance.random(4000) < numpy.repeat([0.3, 0.7], 2000)
    scores[:2000, 1:7] = chance.random((2000, 6)) < 0.9
    scores[2000:, 7:] = chance.random((2000, 6)) < 0.1
    raw = stats.pearsonr(scores[:, 0], numpy.nanmean(scores[:, 1:], axis=1)).statistic
    assert raw < -0.3
    assert abs(statistics.discriminations(scores)[0][0]) < 0.05


@pytest.mark.parametrize(("learners", "given"), [(14, False), (15, True)])
def test_a_discrimination_is_given_from_fifteen_learners_on(learners, given):
    assert (statistics.discriminations(sheet(7, learners, 8))[0][0] is not None) == given


@pytest.mark.parametrize(("others", "given"), [(4, False), (5, True)])
def test_a_learner_counts_for_a_discrimination_from_five_other_exercises_on(others, given):
    assert (statistics.discriminations(sheet(8, 40, others + 1))[0][0] is not None) == given


def test_where_all_scored_the_same_there_is_no_discrimination():
    scores = sheet(9, 20, 8)
    scores[:, 2] = 1
    found = [r for r, _ in statistics.discriminations(scores)]
    assert found[2] is None and found[1] is not None


# Reliability ---------------------------------------------------------------------------------------------------------

# What pingouin 0.7.0 says about the same scores: cronbach_alpha(data=DataFrame(sheet(...))), with its 95% interval.
PINGOUIN = {
    (1, 24, 6, False): (0.7588502269288956, 0.571, 0.882),
    (2, 40, 12, True): (0.9394952449087985, 0.908, 0.964),
    (3, 300, 20, False): (0.9377877393949853, 0.927, 0.948),
}


@pytest.mark.parametrize("case", PINGOUIN, ids=str)
def test_alpha_is_that_of_pingouin(case):
    assert statistics.alpha(sheet(*case)) == pytest.approx(PINGOUIN[case][0], abs=1e-12)


@pytest.mark.parametrize("case", PINGOUIN, ids=str)
def test_alpha_is_what_an_analysis_of_variance_by_scipy_makes_of_the_scores(case):
    """Hoyt: alpha is one less the ratio of residual to learner mean square, and items as a factor are taken out first."""
    scores = sheet(*case)
    learners = len(scores)
    ratio = stats.f_oneway(*(scores - scores.mean(axis=0))).statistic * (learners - 1) / learners
    assert statistics.alpha(scores) == pytest.approx(1 - 1 / ratio, abs=1e-12)


@pytest.mark.parametrize("case", PINGOUIN, ids=str)
def test_the_standard_error_of_alpha_is_about_what_its_published_interval_and_a_bootstrap_say(case):
    scores, (_, low, high) = sheet(*case), PINGOUIN[case]
    ours = statistics.jackknife(scores)
    theirs = stats.bootstrap(
        (numpy.arange(len(scores)),), lambda rows: statistics.alpha(scores[rows]), n_resamples=400, vectorized=False,
        method="percentile", rng=numpy.random.default_rng(1),
    ).standard_error  # fmt: skip
    assert 0.6 < ours / theirs < 1.4
    # The interval assumes normal scores; ours does not, so they agree in size only.
    assert 0.4 < ours / ((high - low) / 3.92) < 1.6


def test_kr_20_by_hand():
    """Three learners, three exercises: p is 2/3, 1/3, 2/3 and the sums are 3, 2, 0."""
    scores = numpy.array([[1, 1, 1], [1, 0, 1], [0, 0, 0]], float)
    pq, variance = 3 * (2 / 9), 14 / 9
    assert statistics.alpha(scores) == pytest.approx(3 / 2 * (1 - pq / variance))


def test_scores_of_0_and_1_give_kr_20_and_partial_credit_gives_alpha():
    whole, parts = (statistics.reliability(marks_of(sheet(2, 40, 12, graded))) for graded in (False, True))
    assert (whole.kind, parts.kind) == ("KR-20", "Cronbach's alpha")
    assert parts.value == pytest.approx(PINGOUIN[2, 40, 12, True][0])
    total = sheet(2, 40, 12, True).sum(axis=1).std(ddof=1)
    assert parts.measurement == pytest.approx(total * (1 - parts.value) ** 0.5)


@pytest.mark.parametrize(("learners", "exercises", "given"), [(19, 5, False), (20, 5, True), (20, 4, False)])
def test_a_reliability_is_given_from_twenty_learners_and_five_exercises_on(learners, exercises, given):
    found = statistics.reliability(marks_of(sheet(1, learners, exercises)))
    assert (found.value is not None) == given
    assert bool(found.why) != given


def test_where_all_scored_the_same_there_is_no_reliability():
    assert "scored the same" in statistics.reliability(marks_of(numpy.ones((30, 6)))).why


def test_the_block_is_the_one_that_most_learners_tried_and_holds_no_gap():
    there = numpy.zeros((40, 12), bool)
    there[:30, :6] = there[30:, 6:] = there[:5, 6:] = True
    assert statistics.block(there) == (list(range(30)), list(range(6)))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_everyone_in_the_block_tried_all_of_it(seed):
    there = numpy.random.default_rng(seed).random((30, 8)) < 0.9
    rows, columns = statistics.block(there)
    assert there[numpy.ix_(rows, columns)].all()
    assert not rows or (len(rows) >= 20 and len(columns) >= 5)


# A class -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("learners", "given"), [(4, False), (5, True)])
def test_a_facility_and_its_interval_are_given_from_five_learners_on(tmp_path, learners, given):
    small = room(invented_class(folder=tmp_path, learners=learners), Course.find())
    item = statistics.items(small)[0]
    assert item.learners == learners
    assert (item.facility is not None, item.interval is not None) == (given, given)
    assert bool(statistics.class_skills(statistics.skills_of(small))) == given


def test_facility_is_the_mean_of_first_tries_and_the_interval_that_of_those_who_solved_it(klass):
    for item in statistics.items(klass):
        mine = [one for one in klass.marks if one.exercise == item.exercise]
        assert item.facility == pytest.approx(numpy.mean([one.first for one in mine]))
        assert item.interval == statistics.wilson(sum(one.first == 1 for one in mine), len(mine))


def test_the_order_of_learners_means_nothing(klass):
    turned = replace(
        klass,
        marks=tuple(reversed(klass.marks)),
        collection=replace(klass.collection, attempts=dict(reversed(klass.collection.attempts.items()))),
    )
    assert statistics.items(turned) == statistics.items(klass)
    assert statistics.class_skills(statistics.skills_of(turned)) == statistics.class_skills(statistics.skills_of(klass))
    one, other = (mistakes.first_tries(some) for some in (klass, turned))
    assert mistakes.wrong_answers(turned, other) == mistakes.wrong_answers(klass, one)
    assert [(c.name, c.points) for c in mistakes.costs(other)[0]] == [
        (c.name, c.points) for c in mistakes.costs(one)[0]
    ]


def test_a_mark_without_a_graded_try_counts_nowhere(klass):
    more = replace(klass, marks=(*klass.marks, mark("Zoe", next(iter(klass.course.names)), 0.0, tries=0)))
    assert statistics.items(more) == statistics.items(klass)


# What was lost -------------------------------------------------------------------------------------------------------


def test_what_first_tries_lost_is_what_their_marks_lack(klass):
    firsts = mistakes.first_tries(klass)
    whole = {(m.learner, m.exercise) for m in klass.marks if m.tries >= len(klass.course.exercise(m.exercise).forms)}
    for who, name in sorted(whole)[:200]:
        lost = sum(one.lost for one in firsts if (one.learner, one.exercise) == (who, name))
        mine = next(m for m in klass.marks if (m.learner, m.exercise) == (who, name))
        if {one.form for one in firsts if (one.learner, one.exercise) == (who, name)} == set(
            klass.course.exercise(name).forms
        ):
            assert 1 - mine.first == pytest.approx(lost, abs=1e-3)


def test_all_that_was_lost_is_shared_out_once(klass):
    firsts = mistakes.first_tries(klass)
    assert all(sum(one.behind.values()) == pytest.approx(one.lost) for one in firsts)
    costs, unnamed = mistakes.costs(firsts)
    assert sum(one.share for one in costs) + unnamed == pytest.approx(1)
    assert [one.points for one in costs] == sorted((one.points for one in costs), reverse=True)
    assert all(one.learners and one.exercises for one in costs)


def test_a_claim_that_an_author_foresaw_costs_what_its_misstep_is_named(klass):
    firsts = [one for one in mistakes.first_tries(klass) if one.form == "complete" and not one.grade.solved]
    named = [one for one in firsts if one.grade.answer in klass.course.solution(one.exercise).foreseen]
    assert named
    for one in named:
        misstep = klass.course.solution(one.exercise).foreseen[one.grade.answer]
        assert one.behind == {misstep.misconception: one.lost}


def test_only_the_first_try_counts(klass):
    firsts = mistakes.first_tries(klass)
    assert len({(one.learner, one.exercise, one.form) for one in firsts}) == len(firsts)
    early = {}
    for who, attempts in klass.collection.attempts.items():
        for one in attempts:
            early.setdefault((who, one.exercise, one.form), one)
    graded = {(one.learner, one.exercise, one.form): one.grade for one in firsts}
    assert graded.keys() == early.keys()


def test_every_wrong_answer_is_told_in_words_that_say_something(klass):
    found = mistakes.wrong_answers(klass, mistakes.first_tries(klass))
    forms = {wrong.form for some in found.values() for wrong in some}
    assert forms == {"complete", "audit", "support", "choose", "select", "sort", "order", "number"}
    for some in found.values():
        assert all(wrong.text and wrong.says for wrong in some)
        assert [wrong.learners for wrong in some] == sorted((wrong.learners for wrong in some), reverse=True)
        assert len(some) <= mistakes.MOST_TOLD


def test_in_a_larger_class_an_answer_of_one_learner_alone_is_left_out(klass, tmp_path):
    large = mistakes.wrong_answers(klass, mistakes.first_tries(klass))
    small_room = room(invented_class(folder=tmp_path, learners=6), Course.find())
    small = mistakes.wrong_answers(small_room, mistakes.first_tries(small_room))
    tried = {item.exercise: item.learners for item in statistics.items(klass)}
    assert all(wrong.learners > 1 for name, some in large.items() if tried[name] >= mistakes.MANY for wrong in some)
    assert any(wrong.learners == 1 for some in small.values() for wrong in some)
