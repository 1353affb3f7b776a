// What this site adds to the page: a notebook that is opened again shows no dead forms, and a learner whose copy of a
// notebook is older than the course's is told so and can take the new one. A page extension without a build step.
(() => {
  const NAME = "@hands-on-coding/site";
  const TAKE = "hands-on-coding:take-the-new-notebook";
  const VIEW = "application/vnd.jupyter.widget-view+json";
  const editions = () => JSON.parse(document.getElementById("jupyter-config-data").textContent).courseEditions || {};

  // After an update a browser may hold old notebooks without asking the server; it asks each time, and fetches what changed.
  const fetched = window.fetch;
  window.fetch = (what, how) => {
    const { origin, pathname } = new URL(what instanceof Request ? what.url : what, window.location.href);
    const isBook = origin === window.location.origin && /\/(files|api\/contents)\//.test(pathname);
    return isBook ? fetched(what, { ...how, cache: "no-cache" }) : fetched(what, how);
  };

  // A form that was saved has no kernel behind it and would say "model not found"; its note and question stay.
  function withoutDeadForms(notebook) {
    for (const cell of notebook.cells) {
      const outputs = cell.type === "code" ? cell.outputs.toJSON() : [];
      const isDead = ({ data }) => data && VIEW in data && "text/html" in data;
      if (!outputs.some(isDead)) continue;
      cell.outputs.fromJSON(outputs.map((output) => {
        if (!isDead(output)) return output;
        const { [VIEW]: _, ...data } = output.data;
        return { ...output, data };
      }));
    }
  }

  const kept = (path) => path.replace(/\.ipynb$/, ` (my copy of ${new Date().toISOString().slice(0, 16).replace("T", " ").replace(":", ".")}).ipynb`);

  function tellOfTheNewOne(app, context) {
    const path = context.path;
    const mine = (context.model.getMetadata("coursekit") || {}).edition;
    const now = editions()[path];
    if (!now || mine === now) return;
    app.commands.execute("apputils:notify", {
      type: "warning",
      // A longer message is cut off.
      message: "The course has a newer edition of this notebook. Take it: your answers are there too, and your copy stays beside it.",
      options: { autoClose: false, actions: [{ label: "Take the new notebook", commandId: TAKE, args: { path }, displayType: "accent" }] },
    });
  }

  const plugin = {
    id: `${NAME}:plugin`,
    autoStart: true,
    activate: (app) => {
      app.commands.addCommand(TAKE, {
        label: "Take the new notebook",
        // The page shows the course's own file wherever the browser keeps none of that name.
        execute: async ({ path }) => {
          const { contents } = app.serviceManager;
          const mine = await contents.get(path);
          await contents.save(kept(path), { type: "notebook", format: "json", content: mine.content });
          await contents.delete(path);
          window.location.reload();
        },
      });
      app.docRegistry.addWidgetExtension("Notebook", {
        createNew(_panel, context) {
          context.ready.then(() => {
            withoutDeadForms(context.model);
            tellOfTheNewOne(app, context);
          });
        },
      });
    },
  };

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB[NAME] = { init: async () => {}, get: async () => () => ({ __esModule: true, default: plugin }) };
})();
