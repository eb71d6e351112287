
// Values of the curves under the pointer. Without it the page lacks nothing else.
for (const plot of document.querySelectorAll(".plot")) {
  const { x, y, log, lines } = JSON.parse(plot.dataset.chart);
  const add = (tag, name, parent) => {
    const element = document.createElement(tag);
    element.className = name;
    return parent.appendChild(element);
  };
  const shown = [];
  const hide = () => shown.splice(0).forEach((element) => element.remove());
  const on = (value) => (log ? Math.log10(value) : value);
  const across = (step) => (step - x[0]) / (x[1] - x[0]);
  const up = (value) => (on(value) - on(y[0])) / (on(y[1]) - on(y[0]));
  const text = (value) => {
    const size = Math.abs(value);
    if (size !== 0 && (size < 1e-3 || size >= 1e9)) return value.toExponential(3);
    return value.toLocaleString("en", { maximumSignificantDigits: Math.max(4, String(Math.trunc(size)).length) });
  };
  // Points are in the order of their steps.
  const nearest = (points, step) => {
    let [low, high] = [0, points.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (points[middle][0] < step) low = middle;
      else high = middle;
    }
    return Math.abs(points[low][0] - step) <= Math.abs(points[high][0] - step) ? points[low] : points[high];
  };
  const show = (event) => {
    hide();
    const box = plot.getBoundingClientRect();
    const wanted = x[0] + Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * (x[1] - x[0]);
    const found = lines.filter((line) => line.points.length).map((line) => [line, nearest(line.points, wanted)]);
    if (!found.length) return;
    const distance = ([, point]) => Math.abs(point[0] - wanted);
    const step = found.reduce((best, next) => (distance(next) < distance(best) ? next : best))[1][0];
    const place = across(step);
    const cursor = add("div", "cursor", plot);
    cursor.style.left = `${100 * place}%`;
    const tip = add("div", "tip", plot);
    tip.style[place < 0.5 ? "left" : "right"] = `calc(${100 * (place < 0.5 ? place : 1 - place)}% + 0.7rem)`;
    shown.push(cursor, tip);
    add("div", "step", tip).textContent = `step ${text(step)}`;
    for (const [line, point] of found) {
      const row = add("div", `c${line.colour}`, tip);
      add("i", "", row).textContent = line.name || "value";
      add("b", "", row).textContent = point[1] === null ? "not finite" : text(point[1]);
      if (point[0] !== step) add("span", "step", row).textContent = `at ${text(point[0])}`;
      if (point[1] === null) continue;
      const dot = add("div", `dot c${line.colour}`, plot);
      dot.style.left = `${100 * across(point[0])}%`;
      dot.style.bottom = `${100 * up(point[1])}%`;
      shown.push(dot);
    }
  };
  plot.addEventListener("pointermove", show);
  plot.addEventListener("pointerdown", show);
  plot.addEventListener("pointerleave", hide);
}
