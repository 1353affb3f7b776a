// Plays one exercise of the notebook in front, as a learner does who knows the answers: scroll to it, fill in each form by
// its own controls, submit, read what comes back, go on. `parts` holds for each form what to press and to fill in.
async ({ cell, title, parts }) => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  const until = async (what, found) => {
    for (const end = performance.now() + 20000; performance.now() < end; ) {
      const got = found();
      if (got) return got;
      await new Promise((done) => setTimeout(done, 8));
    }
    throw new Error(`${title}: ${what} did not come in 20 seconds`);
  };
  const cardOf = () => [...document.querySelectorAll(".ck-card")].find((one) => one.querySelector("h3").textContent === title);
  if (!cardOf()) notebook.scrollToItem(cell, "center");
  const card = await until("the form", cardOf);
  const put = (control, value) => {
    control.value = value;
    control.dispatchEvent(new Event(control.tagName === "SELECT" ? "change" : "input", { bubbles: true }));
    if (control.value !== value) throw new Error(`${title}: “${value}” is not offered`);
  };
  const press = (control) => {
    if (!control) throw new Error(`${title}: something to press is missing`);
    if (!control.checked) control.click();
  };
  const boxes = (root) => [...root.querySelectorAll("input[type=checkbox], input[type=radio]")];
  const named = (root, value) => boxes(root).find((one) => one.value === value);
  const FILL = {
    complete(asked, lines) {
      [...asked.querySelectorAll(".ck-line")].forEach((line, i) => {
        const { instead, code, units, modifiers } = lines[i];
        if (code) put(line.querySelector("select.ck-code"), code);
        if (instead) press(named(line, instead));
        if (units) put(line.querySelector("select.ck-units"), String(units));
        for (const name of modifiers || []) press(named(line, name));
      });
    },
    audit(asked, lines) {
      [...asked.querySelectorAll(".ck-line")].forEach((line, i) => lines[i].forEach((mark) => press(named(line, mark))));
    },
    support: (asked, numbers) => numbers.forEach((n) => press(boxes(asked)[n - 1])),
    choose: (asked, ids) => ids.forEach((id) => press(named(asked, id))),
    select: (asked, ids) => ids.forEach((id) => press(named(asked, id))),
    sort: (asked, bins) => [...asked.querySelectorAll(".ck-card-row")].forEach((row, i) => press(named(row, bins[i]))),
    order: (asked, places) => places.forEach((n) => asked.querySelectorAll(".ck-step > button")[n].click()),
    number: (asked, value) => put(asked.querySelector("input[type=text]"), value),
  };
  const said = [];
  for (const [i, { form, value }] of parts.entries()) {
    if (parts.length > 1) await until(`question ${i + 1}`, () => card.querySelector(".ck-part").textContent === `Question ${i + 1} of ${parts.length}`);
    FILL[form](card.querySelector(".ck-asked"), value);
    const submit = card.querySelector("button[type=submit]");
    if (submit.getAttribute("aria-disabled") === "true") throw new Error(`${title}, ${form}: ${card.querySelector(".ck-open").textContent}`);
    submit.click();
    const result = await until(`the reply to ${form}`, () => card.querySelector(".ck-result.ck-solved, .ck-result.ck-wrong, .ck-result.ck-invalid"));
    said.push([form, card.querySelector(".ck-badge").textContent, result.textContent]);
    const goOn = [...card.querySelectorAll("button")].find((one) => one.textContent === "Go on");
    if (i + 1 < parts.length) (await until("Go on", () => !goOn.hidden && goOn)).click();
  }
  return said;
}
