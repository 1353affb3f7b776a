"""A widget that only echoes: what a form is measured against."""

import anywidget
import traitlets


class Echo(anywidget.AnyWidget):
    """A button and how often it came back."""

    _esm = """
    export default { render({ model, el }) {
      const button = document.createElement("button"); button.textContent = "Echo"; button.className = "echo";
      const said = document.createElement("p"); said.className = "echoed"; said.textContent = "0";
      button.addEventListener("click", () => model.send({ kind: "echo" }));
      model.on("change:state", () => { said.textContent = model.get("state").n; });
      el.append(button, said);
    } };
    """
    state = traitlets.Dict({"n": 0}).tag(sync=True)

    def __init__(self):
        super().__init__()
        self.on_msg(lambda _widget, _content, _buffers: setattr(self, "state", {"n": self.state["n"] + 1}))


Echo()
