// The exercise form: the kernel sends a state, the form sends back an answer.

import { asleep, h, hidden, isAsleep, newId, ordinal, plural, put, tickbox } from "./elements.js";
import { cited } from "./cited.js";
import { drawable, drawn, hues } from "./pictures.js";
import { FORMS, newVerdict, noteLines, readControls, slot, TITLES, writeControls } from "./questions.js";

const COLUMNS = /\S {2,}\S|\t| \| /; // what parts the columns of a table in plain text
const WAIT = 6000; // milliseconds until we say that the kernel does not answer
const MARKS = { bad: "✗", good: "✓", tip: "➜" };
const TONES = { bad: "Wrong: ", good: "Right: ", tip: "Worth knowing: " };

// Feedback -----------------------------------------------------------------------------------------------------------

function remark(item) {
  const tone = MARKS[item.tone] ? item.tone : "tip";
  const written = item.source && cited(item.source);
  const since = item.since && `in force since ${item.since}`;
  return h("li", { class: `ck-item ck-${tone}` },
    h("span", { class: "ck-sign", "aria-hidden": "true" }, MARKS[tone]),
    h("div", { class: "ck-said" },
      h("p", {}, hidden(TONES[tone]), item.head && [h("b", {}, item.head), " "], item.says || ""),
      (item.quotes || []).length > 0 && h("p", { class: "ck-quote" }, "The note: ",
        item.quotes.map((words, i) => [i > 0 && " · ", h("q", {}, words)])),
      item.rule_says && h("p", { class: "ck-rule" }, "The rule: ", item.rule_says),
      (written || since) && h("p", { class: "ck-source" }, written || "", written && since ? " · " : "", since || "")));
}

function showVerdict(place, line) {
  const word = place.words[line.stands ? 0 : 1];
  place.verdict.className = `ck-verdict ck-${line.stands ? "good" : "bad"}`;
  put(place.verdict, h("span", { "aria-hidden": "true" }, line.stands ? MARKS.good : MARKS.bad), ` ${word}`);
}

function clearSlot(place) {
  put(place.verdict);
  put(place.items);
  place.verdict.className = "ck-verdict";
  place.box.classList.remove("ck-changed");
  place.lines = [];
}

// A policy is headings, items and plain text in order; items that follow each other make a list.
function policyBlocks(blocks) {
  const out = [];
  for (const [kind, words] of blocks) {
    const last = out[out.length - 1];
    if (kind !== "item") out.push(h(kind === "heading" ? "h5" : "p", {}, words));
    else if (last && last.tagName === "UL") last.append(h("li", {}, words));
    else out.push(h("ul", {}, h("li", {}, words)));
  }
  return out;
}

// An answer that cannot be read, or that the terms of a release do not take: it was not kept.
const notTaken = (reply) => reply.status === "invalid" || reply.status === "refused";

// The card -----------------------------------------------------------------------------------------------------------

function render({ model, el }) {
  const uid = newId();
  const stop = new AbortController();
  const told = () => ({ ...model.get("asked"), ...JSON.parse(model.get("said")) });
  let state = told();
  let form = null; // the one now asked
  let built = ""; // what it was built from
  let known = ""; // the last answer that this view and the kernel agree on
  let pending = null; // the message that waits for an answer
  let unanswered = null; // the last message the kernel did not answer, with its turn
  let turns = 0;
  let touched = false; // since the last reply
  let slots = [];

  // What the learner sees, top to bottom
  const crumb = h("p", { class: "ck-crumb" });
  const badge = h("p", { class: "ck-badge" });
  const title = h("h3", { id: `${uid}-title` });
  const facts = h("dl", { class: "ck-facts" });
  const policyPage = h("div", { class: "ck-policypage" });
  const policy = h("details", { class: "ck-policy" }, h("summary", {}, "The payer's policy"), policyPage);
  const text = h("div", { class: "ck-text" });
  const noteText = h("div", { class: "ck-notetext" });
  const note = h("section", { class: "ck-note", "aria-labelledby": `${uid}-note` }, h("h4", { id: `${uid}-note` }, "The note"), noteText);
  const part = h("p", { class: "ck-part" });
  const heading = h("h4", { tabindex: "-1" });
  const question = h("p", { class: "ck-ask" });
  const asked = h("div", { class: "ck-asked" });
  const rest = h("div", { class: "ck-rest" });
  const result = h("div", { class: "ck-result", role: "status", "aria-live": "polite" });
  const reasons = h("div", { class: "ck-reasons" });
  const given = h("div", { class: "ck-pictures" }); // before any answer
  const earned = h("div", { class: "ck-pictures" }); // by the answer
  const hints = h("ol", { class: "ck-hints" });
  const trouble = h("div", { class: "ck-troubles", role: "alert" });
  const ear = h("div", { class: "ck-hidden", role: "status", "aria-live": "polite" });
  const submit = h("button", { type: "submit", class: "ck-main" });
  const sure = tickbox("checkbox", `${uid}-sure`, "sure", () => {}, "I am sure");
  sure.label.className = "ck-plain";
  const hint = h("button", { type: "button", onclick: askHint });
  const again = h("button", { type: "button", class: "ck-quiet", onclick: startOver }, "Start over");
  const goOn = h("button", { type: "button", class: "ck-main", onclick: () => send({ kind: "go_on" }) }, "Go on");
  const open = h("p", { class: "ck-open", id: `${uid}-open` });
  const name = h("input", { id: `${uid}-who`, type: "text", autocomplete: "off", maxlength: "80" });
  const who = h("div", { class: "ck-who" }, h("label", { for: `${uid}-who` }, "Your name, kept on this computer (optional)"), name);
  const next = h("p", { class: "ck-next" });
  submit.setAttribute("aria-describedby", `${uid}-open`);

  const page = h("form", { class: "ck-page", novalidate: true, onsubmit: trySubmit },
    part, heading, question, asked, rest, result, reasons, hints, trouble, who,
    h("div", { class: "ck-actions" }, submit, goOn, sure.label, h("div", { class: "ck-more" }, hint, again)), open, next, ear);
  const material = h("div", { class: "ck-material" }, text, note, given);
  const body = h("div", { class: "ck-body" }, material, page);
  const card = h("article", { class: "ck-card", "aria-labelledby": `${uid}-title` },
    h("header", { class: "ck-top" }, h("div", { class: "ck-topline" }, crumb, badge), title, facts, policy), body);
  const root = h("div", { class: "ck" }, card);

  // JupyterLab stops the Enter that would send a form from a text field inside a cell, so it is sent here.
  page.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.target.type !== "text") return;
    event.preventDefault();
    page.requestSubmit(submit);
  });

  // The seconds that the form was in sight
  let seen = 0;
  let since = null;
  let inSight = false;
  const tickClock = () => {
    const now = performance.now();
    if (since !== null) seen += now - since;
    since = inSight && !document.hidden ? now : null;
  };
  const eye = new IntersectionObserver((entries) => { inSight = entries[entries.length - 1].isIntersecting; tickClock(); });
  eye.observe(card);
  document.addEventListener("visibilitychange", tickClock, { signal: stop.signal });

  // Pictures are drawn for the room they have, and drawn again when that changes
  const frame = new ResizeObserver(() => requestAnimationFrame(fitPictures));
  for (const one of [card, material]) frame.observe(one);

  // A line's own words of the note stand out while the line is pointed at or worked on
  const point = (event) => {
    const box = event.target.closest && event.target.closest(".ck-line, .ck-option, .ck-card-row, .ck-number, .ck-elsewhere");
    const lines = event.type === "pointerleave" || !box || !box.place ? [] : box.place.lines;
    for (const mark of card.querySelectorAll("mark")) mark.classList.toggle("ck-strong", mark.lines.some((line) => lines.includes(line)));
  };
  for (const kind of ["pointerover", "focusin"]) card.addEventListener(kind, point);
  card.addEventListener("pointerleave", point);

  // What was filled in but not sent outlives a reload or a new run of the cell, in this tab only
  const draftKey = () => `coursekit draft ${state.name} ${state.at}`;
  const standing = () => JSON.stringify([built, state.who, state.tries, state.answer]);
  const keepDraft = () => {
    const draft = { standing: standing(), values: form.values ? form.values() : readControls(form.el) };
    try { sessionStorage.setItem(draftKey(), JSON.stringify(draft)); } catch { /* storage may be switched off */ }
  };
  const dropDraft = () => { try { sessionStorage.removeItem(draftKey()); } catch { /* as above */ } };
  const readDraft = () => {
    try {
      const draft = JSON.parse(sessionStorage.getItem(draftKey()));
      return draft && draft.standing === standing() ? draft.values : null;
    } catch { return null; }
  };

  const announce = (words) => { ear.textContent = words; };

  // To the kernel ----------------------------------------------------------------------------------------------------

  function send(message) {
    if (pending) return;
    const same = unanswered && JSON.stringify(unanswered.what) === JSON.stringify([message.kind, message.answer]);
    // The same question twice keeps its number, so that a kernel that was only slow does not count it twice.
    const turn = same ? unanswered.turn : `${uid}-${++turns}`;
    pending = { kind: message.kind, turn, what: [message.kind, message.answer] };
    pending.timer = setTimeout(noAnswer, WAIT);
    // A usual answer takes 50 ms; saying so would only flicker.
    pending.slow = setTimeout(refreshActions, 400);
    pending.since = performance.now();
    model.send({ ...message, turn });
  }

  function noAnswer() {
    const silent = pending;
    forget();
    unanswered = silent;
    showTrouble();
    refreshActions();
  }

  function forget() {
    if (pending) [pending.timer, pending.slow].forEach(clearTimeout);
    pending = unanswered = null;
  }

  function trySubmit(event) {
    event.preventDefault();
    if (isAsleep(submit)) return announce(open.textContent);
    tickClock();
    send({ kind: "submit", answer: form.answer(), seconds: Math.round(seen / 100) / 10, certainty: sure.input.checked ? "sure" : "",
      hints: (state.opened || []).length, who: state.who ? "" : name.value.trim() });
    keepDraft();
  }

  function askHint() {
    if (!isAsleep(hint)) send({ kind: "hint" });
  }

  function startOver() {
    if (form.restore) form.restore([]);
    else writeControls(form.el, []);
    if (form.refresh) form.refresh();
    sure.input.checked = false;
    touched = false;
    dropDraft();
    slots.forEach(clearSlot);
    send({ kind: "start_over" });
    announce("The blanks are empty again.");
    first().focus();
  }

  const first = () => form.el.querySelector("input:enabled, select:enabled, button:enabled") || submit;

  // From the kernel --------------------------------------------------------------------------------------------------

  function changed(place) {
    touched = true;
    if (place && place.lines.length) {
      place.box.classList.add("ck-changed");
      place.verdict.className = "ck-verdict";
      put(place.verdict, "changed");
    }
    keepDraft();
    refreshActions();
  }

  function build() {
    const ask = state.ask;
    built = JSON.stringify([state.name, state.at, ask]);
    form = (FORMS[ask.form] || unknownForm)(ask, { uid: `${uid}-${state.at}`, changed, announce, note: state.note || "" });
    put(asked, form.el);
    slots = [...form.el.querySelectorAll("*"), form.el].map((one) => one.place).filter(Boolean);
    heading.textContent = TITLES[ask.form] || "";
    heading.hidden = !heading.textContent;
    question.textContent = form.asks ? "" : ask.question || "";
    question.hidden = !question.textContent;
    if (!heading.textContent && question.textContent) form.el.setAttribute("role", "group");
    if (!heading.textContent && question.textContent) form.el.setAttribute("aria-label", question.textContent);
    note.hidden = !state.note || Boolean(form.holdsNote);
    text.hidden = !state.text;
    // A block laid out in columns needs letters of one width; sentences do not.
    put(text, (state.text || "").trimEnd().split(/\n{2,}/).map((block) => h("p", { class: COLUMNS.test(block) ? "ck-table" : "" }, block)));
    body.classList.toggle("ck-two", !note.hidden || (state.text || "").length > 400);
    part.textContent = (state.forms || []).length > 1 ? `Question ${state.at + 1} of ${state.forms.length}` : "";
    touched = false;
    seen = 0;
    const draft = readDraft();
    known = state.answer || "";
    if (known) form.fill(known);
    if (form.sent) form.sent();
    showReply();
    if (draft) {
      if (form.restore) form.restore(draft);
      else writeControls(form.el, draft);
      if (form.refresh) form.refresh();
      touched = true;
    }
  }

  function showFrame() {
    const at = state.crumb || {};
    crumb.textContent = [at.notebook, at.number && at.of && `${at.number} of ${at.of}`].filter(Boolean).join(" · ");
    title.textContent = state.title || state.name;
    put(facts, (state.facts || []).map(([what, said]) => h("div", {}, h("dt", {}, what), h("dd", {}, said))));
    facts.hidden = !(state.facts || []).length;
    put(policyPage, policyBlocks(state.policy || []));
    policy.hidden = !(state.policy || []).length;
  }

  function showReply() {
    const reply = state.reply;
    slots.forEach(clearSlot);
    put(rest);
    const marks = (reply && reply.marks) || [];
    put(noteText, noteLines(state.note || "", marks));
    if (form.mark) form.mark(marks);

    for (const line of (reply && reply.lines) || []) {
      let place = form.slot(String(line.line));
      if (!place) {
        const verdict = newVerdict();
        const box = h("div", { class: "ck-elsewhere" });
        place = slot(box, verdict, ["stands", "does not stand"]);
        const where = form.elsewhere ? form.elsewhere(line.line) : "";
        box.append(h("p", { class: "ck-elsewherename" }, h("span", {}, line.line ? h("span", { class: "ck-mono" }, line.line) : "The whole visit",
          where && ` · ${where}`), verdict), place.items);
        rest.append(box);
      }
      place.lines.push(String(line.line));
      if (line.line || !line.stands) showVerdict(place, line);
      place.items.append(...(line.items || []).map(remark));
    }

    const tries = (reply && reply.tries) || state.tries || 0;
    const solved = Boolean(reply && reply.solved);
    const kind = !reply ? "" : notTaken(reply) ? "invalid" : reply.status === "recorded" ? "recorded" : solved ? "solved" : "wrong";
    badge.textContent = kind === "solved" ? `✓ Solved on the ${ordinal(tries || 1)} try` : kind === "recorded" ? "Recorded" : tries ? plural(tries, "try", "tries") : "";
    badge.className = `ck-badge ck-${kind}`;
    result.className = `ck-result ck-${kind}`;
    put(result, reply && [
      h("p", { class: "ck-headline" }, h("span", { class: "ck-sign", "aria-hidden": "true" }, { solved: "✓", wrong: "✗", recorded: "●", invalid: "!" }[kind]),
        h("span", {}, reply.headline || "", reply.status === "invalid" && h("small", {}, " This was not counted as a try."))),
      (reply.parts || []).length > 0 && h("p", { class: "ck-parts" }, reply.parts.map(([what, right, of], i) =>
        [i > 0 && " · ", h("span", {}, `${what} `, h("b", {}, `${right}/${of}`))])),
    ]);
    put(reasons,
      reply && reply.answers && h("div", { class: "ck-reason" }, h("p", {}, h("b", {}, solved ? "The best answer. " : "The right answer. "), reply.answers)),
      reply && reply.why && h("div", { class: `ck-reason ck-${solved ? "good" : "plain"}reason` }, h("p", {}, h("b", {}, "Why. "), reply.why)));
    showPictures();
    next.textContent = reply && reply.next && !reply.next_form ? `Next in this notebook: ${reply.next.title}` : "";
    if (state.earlier_wording) rest.prepend(h("p", { class: "ck-how" }, "You answered an earlier wording of this exercise. Your answer is shown as far as it still fits."));
  }

  function showPictures() {
    const mine = drawable(state.reply && state.reply.pictures);
    // What the exercise itself shows stays until an answer brings a picture of the same kind.
    const first = drawable(state.pictures).filter((one) => !mine.some((other) => other.kind === one.kind));
    const hue = hues([...first, ...mine]);
    for (const [place, all, id] of [[given, first, "given"], [earned, mine, "earned"]]) {
      put(place, all.map((one, i) => drawn(one, hue, `${uid}-${id}${i}`)));
      place.hidden = !all.length;
    }
    requestAnimationFrame(fitPictures);
  }

  // In two columns pictures stand under the note; in one, those that an answer earned follow its feedback.
  function fitPictures() {
    const beside = body.classList.contains("ck-two") && root.clientWidth >= 780; // as in the stylesheet
    if (beside && earned.parentElement !== material) material.append(earned);
    if (!beside && earned.parentElement !== page) page.append(earned);
    for (const figure of [...given.children, ...earned.children]) figure.fit();
    // A column taller than the window (less the toolbars around a notebook) is held by its lower end.
    card.style.setProperty("--ck-pin", `${Math.min(0, window.innerHeight - 140 - material.offsetHeight)}px`);
  }

  function showHints() {
    const all = state.opened || [];
    put(hints, all.map((words, i) => h("li", {}, h("b", {}, `Hint ${i + 1}. `), words)));
    hints.hidden = !all.length;
    hint.hidden = !state.hints;
    const left = (state.hints || 0) - all.length;
    hint.textContent = left > 0 ? `Hint ${all.length + 1} of ${state.hints}` : "No more hints";
  }

  function showTrouble() {
    const said = [];
    if (unanswered) said.push(["No answer from the kernel. ", "It may be busy, or it was stopped. Run this cell again; what you filled in is still here."]);
    if (state.trouble) said.push(["", state.trouble]);
    if (state.reply && state.reply.trouble) said.push(["This answer was not kept. ", `${state.reply.trouble} You can go on all the same.`]);
    put(trouble, said.map(([head, words]) => h("p", { class: "ck-trouble" }, h("span", { class: "ck-sign", "aria-hidden": "true" }, "!"),
      h("span", {}, head && h("b", {}, head), words))));
  }

  function refreshActions() {
    const reply = state.reply;
    const missing = form.open();
    const solved = Boolean(reply && reply.solved);
    const done = (solved || (reply && reply.status === "recorded")) && !touched && !reply.trouble;
    const slow = pending !== null && performance.now() - pending.since > 300;
    submit.textContent = slow && pending.kind === "submit" ? "Checking…" : reply ? "Submit again" : "Submit";
    asleep(submit, missing.length > 0 || done || slow);
    submit.classList.toggle("ck-main", !(solved && !touched));
    const shown = missing.length > 3 ? [...missing.slice(0, 3), `${missing.length - 3} more`] : missing;
    open.textContent = slow ? "" : missing.length ? `Still open: ${shown.join("; ")}.` : done && !reply.next_form ? "Change the answer to submit it again." : "";
    goOn.hidden = !(reply && reply.next_form);
    goOn.classList.toggle("ck-main", Boolean(done));
    again.hidden = !(reply || touched);
    if ((done && sure.input === document.activeElement) || (state.who && who.contains(document.activeElement))) submit.focus();
    sure.label.hidden = Boolean(done);
    who.hidden = Boolean(state.who) || state.who === undefined || state.who === null;
    asleep(hint, slow || (state.opened || []).length >= (state.hints || 0));
  }

  function update(fresh, kind) {
    const before = state;
    state = fresh;
    forget();
    if (!state.ask) return;
    const moved = built !== JSON.stringify([state.name, state.at, state.ask]);
    if (moved) {
      showFrame();
      build();
      if (kind === "go_on" || (before && before.at !== state.at)) (heading.hidden ? first() : heading).focus();
    } else {
      const replied = JSON.stringify(before.reply) !== JSON.stringify(state.reply) || kind === "submit";
      if (kind === "submit" && !state.trouble) {
        if (!state.reply || !notTaken(state.reply)) {
          dropDraft();
          touched = false;
          seen = 0;
          sure.input.checked = false;
        }
        known = state.answer || "";
        if (form.sent) form.sent();
      } else if (state.answer && state.answer !== known) {
        known = state.answer; // answered in another view of this same form
        form.fill(known);
        if (form.sent) form.sent();
        touched = false;
      }
      if (replied) showReply();
    }
    showHints();
    showTrouble();
    refreshActions();
    if (kind === "hint" && state.opened && state.opened.length) announce(`Hint ${state.opened.length}: ${state.opened[state.opened.length - 1]}`);
  }

  // Each of our messages has a turn, and so has the state that answers it; until then no other one is shown.
  const stateChanged = () => {
    const fresh = told();
    const waiting = pending || unanswered;
    if (!waiting) update(fresh);
    else if (fresh.turn === waiting.turn) update(fresh, waiting.kind);
  };
  model.on("change:said", stateChanged);

  update(state);
  el.append(root);

  return () => {
    stop.abort();
    eye.disconnect();
    frame.disconnect();
    forget();
    model.off("change:said", stateChanged);
  };
}

function unknownForm(ask) {
  return {
    el: h("p", {}, `This version of the form does not know “${ask.form}”. Update the course and run this cell again.`),
    open: () => ["an update of the course"], answer: () => "", fill() {}, slot: () => null,
  };
}

export default { render };
