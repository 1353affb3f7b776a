// Hands a learner's work to the browser as a file: a button, a name where none is known, and what came of it.

import { h, newId } from "./elements.js";

function saved(file, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "application/octet-stream" }));
  const link = h("a", { href: address, download: file });
  document.body.append(link);
  link.click();
  link.remove();
  // Some browsers read the address only after the click was handled.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

function render({ model, el }) {
  const id = newId();
  const name = h("input", { type: "text", id, maxlength: 80, autocomplete: "name" });
  const who = h("p", { class: "ck-who" }, h("label", { for: id }, "Your name, for the file and kept on this computer"), name);
  const told = h("p", { role: "status" });
  const button = h("button", { type: "submit", class: "ck-main" }, "Save my answers as a file");
  const form = h("form", { class: "ck-hand" }, who, button, told);
  const ask = () => { who.hidden = Boolean(model.get("who")); };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    told.textContent = "…";
    model.send({ kind: "save", who: name.value });
  });
  const heard = (message) => {
    if (message.file) saved(message.file, message.text);
    told.textContent = message.says;
  };
  model.on("msg:custom", heard);
  model.on("change:who", ask);
  ask();
  const root = h("section", { class: "ck", "aria-label": "Hand in" }, form);
  el.append(root);
  return () => { model.off("msg:custom", heard); model.off("change:who", ask); };
}

export default { render };
