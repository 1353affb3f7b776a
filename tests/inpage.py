"""What tests ask a page of JupyterLab for, on a server and on the site alike: what became of its cells, how long a click takes."""

from pathlib import Path

# A widget that only echoes.
ECHO = (Path(__file__).parents[1] / "deploy" / "site" / "echo.py").read_text(encoding="utf-8")

# One press, timed by the page's own clock from the press until the page shows something new there.
# Submit sleeps until something was changed, so the form is first given another number.
PRESS = """([button, watched, input, value]) => new Promise((done, failed) => {
  const [b, w] = [document.querySelector(button), document.querySelector(watched)];
  if (input) {
    const i = document.querySelector(input); i.value = value;
    i.dispatchEvent(new Event("input", { bubbles: true })); i.dispatchEvent(new Event("change", { bubbles: true }));
  }
  const before = w.textContent; let start;
  const seen = new MutationObserver(() => {
    if (w.textContent !== before) { seen.disconnect(); done(performance.now() - start); }
  });
  seen.observe(w, { childList: true, subtree: true, characterData: true });
  setTimeout(() => { start = performance.now(); b.click(); }, 60);
  setTimeout(() => failed(new Error("nothing new was shown in 10 seconds")), 10000);
})"""

# What became of every code cell of the notebook in front: how many have not ended, and what went wrong.
CELLS = """() => {
  const cells = [...window.jupyterapp.shell.currentWidget.content.model.cells].filter((cell) => cell.type === "code");
  const errors = cells.flatMap((cell) => cell.outputs.toJSON()
    .filter((one) => one.output_type === "error" || (one.output_type === "stream" && one.name === "stderr"))
    .map((one) => `${cell.sharedModel.source}: ${one.evalue || one.text}`));
  return { cells: cells.length, open: cells.filter((cell) => cell.executionCount === null || cell.executionState === "running").length, errors };
}"""
