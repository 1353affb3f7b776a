"""A room of learners: real single-user servers in Chromium at once, what one costs in memory, and how long a start takes.

`make bench-hub` runs it after the load of the service. Loopback only. HUB_LEARNERS says how many learners (6).
"""

import asyncio
import os
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests" / "hub"), str(ROOT / "tests" / "browser"), str(ROOT / "tests")]

import chromium  # noqa: E402
from labpage import IDLE, notebook, shown  # noqa: E402
from playwright.async_api import async_playwright  # noqa: E402
from running import Workshop, memory, processes  # noqa: E402

LEARNERS = int(os.environ.get("HUB_LEARNERS", "6"))
SETTINGS = "feedback: at once\ninstructors:\n- teacher\n"
CLICKS = 10
WAIT = 240_000


async def learner(browser, workshop, name, all_here, figures):
    """One learner: sign in, start a server, open a notebook, run it, wait for the others, and answer."""
    context = await browser.new_context(viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(WAIT)
    page = await context.new_page()
    begin = time.perf_counter()
    await page.goto(f"{workshop.url}/hub/login?next=/hub/spawn")
    await page.fill("#username_input", name)
    await page.fill("#password_input", "let-me-in")
    await page.click("#login_submit")
    await page.wait_for_url(f"**/user/{name}/lab**")
    figures["start"].append(time.perf_counter() - begin)
    home, account = workshop.folder / "homes" / name / "notebooks", workshop.account(name)
    (home / "try.ipynb").write_text(notebook("from coursekit import exercise", shown("one_of_three")))
    os.chown(home / "try.ipynb", account, account)
    begin = time.perf_counter()
    await page.goto(f"{workshop.url}/user/{name}/lab/tree/try.ipynb")
    await page.wait_for_function(IDLE)
    await page.get_by_role("menuitem", name="Run", exact=True).click()
    await page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    form = page.locator(".ck-card")
    await form.wait_for()
    figures["open"].append(time.perf_counter() - begin)
    await all_here.wait()
    for n in range(CLICKS):
        option = ("Every plan for itself", "Nobody, it is common knowledge")[n % 2]
        await form.get_by_role("radio", name=option).check()
        begin = time.perf_counter()
        await form.get_by_role("button", name="Submit").click()
        words = ("Plans use the codes", "not for that reason free of owners")[n % 2]
        await form.get_by_text(words).first.wait_for()
        figures["answer"].append(time.perf_counter() - begin)


def in_folder(number, folder):
    """Whether a process works in a folder."""
    try:
        return Path(os.readlink(f"/proc/{number}/cwd")).is_relative_to(folder)
    except OSError:
        return False


def told(name, values, unit, many=1):
    """Print the median and the largest of some figures."""
    print(f"{name:<46}{statistics.median(values) * many:>8.1f} {unit}   at most {max(values) * many:.1f}")


async def main():
    """Fill the room and print what it took; the exit status."""
    figures = {"start": [], "open": [], "answer": []}
    with Workshop(SETTINGS) as workshop:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium.find(), args=chromium.FLAGS)
            everybody = asyncio.Barrier(LEARNERS)
            print(f"{LEARNERS} learners sign in at once; load of the machine {os.getloadavg()[0]:.1f}")
            names = [f"learner{n}" for n in range(LEARNERS)]
            async with asyncio.TaskGroup() as group:
                for name in names:
                    group.create_task(learner(browser, workshop, name, everybody, figures))
            kinds = {"server": [], "kernel": []}
            others = {"hub": 0.0, "proxy": 0.0, "grading service": 0.0, "PostgreSQL": 0.0}
            accounts = {workshop.account(name) for name in names}
            hub, service = workshop.hub, workshop.service
            for number, _, account, said in processes():
                # Another workshop on this machine may give out the same accounts.
                inside = in_folder(number, workshop.folder)
                if inside and account in accounts and account != os.getuid():
                    kinds["kernel" if "ipykernel" in said else "server"].append(memory(number))
                elif "configurable-http-proxy" in said and str(workshop.url.rpartition(":")[2]) in said:
                    others["proxy"] += memory(number)
                elif number == hub:
                    others["hub"] += memory(number)
                elif number == service:
                    others["grading service"] += memory(number)
                elif inside and "postgres" in said.partition(" ")[0]:
                    others["PostgreSQL"] += memory(number)
            await browser.close()
        told("sign in until the page of the own server", figures["start"], "s")
        told("open a notebook until its exercise stands there", figures["open"], "s")
        told(f"click until feedback, all at once, {len(figures['answer'])} clicks", figures["answer"], "ms", 1000)
        told("memory of a learner's server", kinds["server"], "MiB")
        told("memory of a learner's kernel", kinds["kernel"], "MiB")
        print(
            f"memory a learner: {sum(map(sum, kinds.values())) / LEARNERS:.0f} MiB; "
            + ", ".join(f"{name} {size:.0f}" for name, size in others.items())
        )
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
