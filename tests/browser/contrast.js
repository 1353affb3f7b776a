// The texts inside an element whose contrast with what lies behind them is under 4.5:1, as [ratio, text].
(root) => {
  const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const read = (color) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = color;
    pen.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
  const behind = (el) => {
    const layers = [];
    for (let one = el; one; one = one.parentElement) layers.push(read(getComputedStyle(one).backgroundColor));
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255, 1]);
  };
  const light = (color) => {
    const [r, g, b] = color.slice(0, 3).map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const faint = [];
  const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const el = node.parentElement;
    const off = el.closest(":disabled, [aria-disabled=true], label:has(:disabled), option");
    if (!node.textContent.trim() || off || !el.checkVisibility()) continue;
    const back = behind(el);
    let [r, g, b, a] = read(getComputedStyle(el).color);
    for (let one = el; one; one = one.parentElement) a *= +getComputedStyle(one).opacity;
    const [x, y] = [light(over([r, g, b, a], back)), light(back)].sort((p, q) => q - p);
    const ratio = (x + 0.05) / (y + 0.05);
    if (ratio < 4.5) faint.push([Math.round(ratio * 100) / 100, node.textContent.trim().slice(0, 60)]);
  }
  return faint;
}
