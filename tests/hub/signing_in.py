"""A workshop with a school's own sign-in, in a real browser, as oauth_example.py sets it up. `make test-hub` runs it."""

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parents[1] / "browser")]

from chromium import FLAGS  # noqa: E402
from oidc_provider_mock import User, run_server_in_thread  # noqa: E402
from playwright.sync_api import expect, sync_playwright  # noqa: E402
from running import Workshop, free_ports  # noqa: E402

# The provider's own library uses what a library of its own calls old.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:authlib")

CLIENT, SECRET = "the-workshop", "only-the-two-of-them-know"
# What the school calls people inside, and what people call themselves.
PEOPLE = {"1001": "Ann", "1002": "Teacher", "1003": "../../etc"}


@pytest.fixture(scope="module")
def school():
    """The address of an OpenID Connect provider that knows three people."""
    people = [User(sub=number, claims={"preferred_username": name}) for number, name in PEOPLE.items()]
    with run_server_in_thread(user_claims=people) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture(scope="module")
def workshop(school):
    port = free_ports(["HUB_PORT"])["HUB_PORT"]
    told = {
        "HUB_PORT": port, "HUB_SIGN_IN": "deploy/hub/oauth_example.py", "OIDC_ISSUER": school,
        "OIDC_CLIENT_ID": CLIENT, "OIDC_CLIENT_SECRET": SECRET, "OIDC_CALLBACK": f"http://127.0.0.1:{port}/hub/oauth_callback",
    }  # fmt: skip
    with Workshop("feedback: at once\ninstructors:\n- teacher\n", **told) as running:
        yield running


@pytest.fixture(scope="module")
def come(workshop, school, chromium_path):
    """Opens a window for somebody and signs them in at the school."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)

        def come(number, to):
            page = browser.new_context().new_page()
            page.goto(f"{workshop.url}{to}")
            page.get_by_role("button", name="Sign in with your school's account").click()
            page.wait_for_url(f"{school}/**")
            page.get_by_role("button", name=number).click()
            return page

        yield come
        browser.close()


def test_a_learner_comes_in_under_the_schools_name_for_them(workshop, come):
    page = come("1001", "/hub/spawn")
    page.wait_for_url("**/user/ann/lab**", timeout=120_000)
    assert (workshop.folder / "homes" / "ann" / "notebooks").is_dir()
    page.goto(f"{workshop.url}/services/grader/")
    expect(page.locator("body")).to_contain_text("You are ann.")
    page.goto(f"{workshop.url}/services/grader/report")
    expect(page.locator("body")).to_contain_text("for instructors")


def test_whom_the_settings_name_is_an_instructor(workshop, come):
    page = come("1002", "/services/grader/")
    page.wait_for_url("**/services/grader/**")
    page.goto(f"{workshop.url}/services/grader/report")
    expect(page.locator("body")).to_contain_text("Class report")


def test_a_name_that_is_no_folder_is_refused(workshop, come):
    page = come("1003", "/hub/spawn")
    expect(page.locator("body")).to_contain_text("403")
    assert sorted(path.name for path in (workshop.folder / "homes").iterdir()) == ["ann"]


def test_nobody_sees_the_workshops_secret(workshop):
    assert SECRET not in "".join(workshop.said) + workshop.log
