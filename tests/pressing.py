"""How long a click takes, and a bare widget to measure it against: in JupyterLab and on the site alike."""

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
