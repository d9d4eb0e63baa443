"""The forms that come along for the demo country are read without any fault."""

from __future__ import annotations

from app.core.uispec.datachecks import with_data_checked
from app.core.uispec.reader import read_publication
from app.democountry import demo_master_data
from packet.models import Flow
from resources.country.reading import publication


def test_the_demo_countrys_forms_have_no_fault() -> None:
    forms = with_data_checked(read_publication(publication()), demo_master_data())
    assert forms.faults == ()
    assert forms.unstartable == ()
    assert {process.flow for process in forms.processes} == set(Flow)
    assert all(process.is_submittable and process.is_active for process in forms.processes)
    assert forms.settings
