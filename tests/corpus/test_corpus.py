"""Sample scripts of the dialects' own documentation, restated, are read as those who made the dialect read them."""

import pytest

from tests.corpus.samples import Sample, differences, samples


@pytest.mark.parametrize("sample", list(samples()), ids=str)
def test_a_sample_is_read_as_its_documentation_says(sample: Sample) -> None:
    assert differences(sample) == [], sample.text


def test_no_two_samples_have_one_name() -> None:
    names = [str(each) for each in samples()]

    assert sorted(set(names)) == sorted(names)
