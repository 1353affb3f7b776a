// What is wrong with a picture as it is drawn: what sticks out, is under 11 px, lies over other text, or is faint.
(svg) => {
  const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const light = (color) => {
    pen.fillStyle = color;
    pen.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...pen.getImageData(0, 0, 1, 1).data].map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, other) => {
    const [x, y] = [light(one), light(other)].sort((p, q) => q - p);
    return (x + 0.05) / (y + 0.05);
  };
  const share = (a, b) => [Math.min(a.right, b.right) - Math.max(a.left, b.left), Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)];
  const frame = svg.getBoundingClientRect();
  const scale = frame.width / svg.viewBox.baseVal.width;
  const paper = getComputedStyle(svg.closest(".ck-card")).backgroundColor;
  const all = [...svg.querySelectorAll("path, rect, circle, text")].filter((el) => !el.closest("defs, clipPath")).map((el) => ({
    el, kind: el.getAttribute("class") || "", box: el.getBoundingClientRect(), style: getComputedStyle(el), text: el.tagName === "text" && el.textContent,
  }));
  const wrong = [];
  all.forEach((one, i) => {
    const { el, kind, box, style, text } = one;
    const within = box.left >= frame.left - 0.5 && box.right <= frame.right + 0.5 && box.top >= frame.top - 0.5 && box.bottom <= frame.bottom + 0.5;
    if (!within && !el.closest("[clip-path]")) wrong.push(`sticks out: ${text || kind}`);
    if (!text) {
      // The body's silhouette, the ruler's guides and the room around a line say nothing by themselves.
      const speaks = style.stroke !== "none" && !/ck-(flesh|guide|halo)/.test(kind);
      if (speaks && ratio(style.stroke, paper) < 3) wrong.push(`faint line: ${kind}`);
      return;
    }
    if (parseFloat(style.fontSize) * scale < 11) wrong.push(`small: ${text}`);
    const over = all.slice(i + 1).filter((other) => other.text).find((other) => {
      const [width, height] = share(box, other.box);
      return width > 1 && height > 3;
    });
    if (over) wrong.push(`over each other: ${text} / ${over.text}`);
    const below = all.slice(0, i).filter((other) => other.el.tagName === "rect" && other.style.fill !== "none").filter((other) => {
      const [width, height] = share({ left: box.left, right: box.right, top: box.top + 3, bottom: box.bottom - 2 }, other.box);
      return width > 1 && height > 1;
    }).at(-1);
    const back = below ? below.style.fill : paper;
    if (back.startsWith("url")) wrong.push(`on a hatch: ${text}`);
    else if (ratio(style.fill, back) < 4.5) wrong.push(`faint: ${text}`);
  });
  for (const hatch of svg.querySelectorAll(".ck-hatch")) {
    const tint = svg.querySelector(`.ck-tint.${hatch.parentElement.getAttribute("class")}`);
    if (tint && ratio(getComputedStyle(hatch).stroke, getComputedStyle(tint).fill) < 3) wrong.push("faint hatch");
  }
  return wrong;
}
