"use strict";
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const one = (selector, root = document) => root.querySelector(selector);

// Thumbnails become images as they come into view.
const data = one("#thumbnails").textContent.split("\n");
const source = (index) => (data[index] ? "data:image/webp;base64," + data[index] : "");

function draw(place) {
  const image = new Image();
  image.alt = "";
  image.src = source(place.dataset.thumbnail);
  image.onerror = () => image.replaceWith();
  place.replaceChildren(image);
}

const watcher = new IntersectionObserver((seen) => {
  for (const { isIntersecting, target } of seen) {
    if (!isIntersecting) continue;
    watcher.unobserve(target);
    if (data[target.dataset.thumbnail]) draw(target);
    else target.classList.add("broken");
  }
}, { rootMargin: "600px" });
for (const place of all("[data-thumbnail]")) watcher.observe(place);

// Filter and sort.
const filters = all("select[data-filter]");
const sort = one("[data-sort]");
const find = one("[data-find]");
const lists = all("[data-section]").map((section) => ({
  list: one("[data-list]", section),
  count: one("[data-count]", section),
  none: one("[data-none]", section),
  items: [...one("[data-list]", section).children],
}));

const text = ({ name = "", url = "", words = "" }) => `${name} ${words} ${url}`.toLowerCase();
const pixels = ({ width = 0, height = 0 }) => width * height;
const value = (item, key) => (key === "pixels" ? pixels(item.dataset) : item.dataset[key] ?? "");

function wanted(item) {
  return (
    filters.every((filter) => !filter.value || item.dataset[filter.dataset.filter] === filter.value) &&
    text(item.dataset).includes(find.value.trim().toLowerCase())
  );
}

function compare(key) {
  const down = key.startsWith("-") ? -1 : 1;
  const by = key.replace("-", "");
  const numeric = !["host", "outcome", "name", "words"].includes(by);
  return (a, b) => {
    const [x, y] = [value(a, by), value(b, by)];
    return down * (numeric ? x - y : x.localeCompare(y)) || a.dataset.number - b.dataset.number;
  };
}

function arrange() {
  for (const { list, count, none, items } of lists) {
    const shown = items.filter(wanted);
    const some = new Set(shown);
    for (const item of items) item.hidden = !some.has(item);
    list.append(...items.sort(compare(sort.value)));
    count.textContent = shown.length.toLocaleString("en");
    none.hidden = shown.length > 0;
  }
  for (const button of all("button[data-filter]")) {
    const filter = filters.find((each) => each.dataset.filter === button.dataset.filter);
    button.setAttribute("aria-pressed", filter.value === button.dataset.value);
  }
  one("[data-reset]").hidden = !find.value && filters.every((filter) => !filter.value);
  roam();
}

function reset() {
  for (const filter of filters) filter.value = "";
  find.value = "";
  sort.selectedIndex = 0;
  arrange();
}

for (const each of [...filters, sort]) each.addEventListener("change", arrange);
find.addEventListener("input", arrange);
one("[data-reset]").addEventListener("click", reset);
for (const button of all("button[data-filter]")) {
  button.addEventListener("click", () => {
    const filter = filters.find((each) => each.dataset.filter === button.dataset.filter);
    const { value } = button.dataset;
    if (!all("option", filter).some((option) => option.value === value)) filter.add(new Option(value));
    filter.value = filter.value === value ? "" : value;
    arrange();
    one(".toolbar").scrollIntoView();
  });
}

// One picture at a time in the order of Tab; arrows go from one to the next.
const visible = (wall) => all("li:not([hidden]) > button.thumbnail", wall);

function roam() {
  for (const wall of all(".wall")) {
    visible(wall).forEach((button, place) => (button.tabIndex = place ? -1 : 0));
  }
}

function goTo(button) {
  for (const other of visible(button.closest(".wall"))) other.tabIndex = -1;
  button.tabIndex = 0;
  button.focus();
}

function step(button, key) {
  const buttons = visible(button.closest(".wall"));
  const place = buttons.indexOf(button);
  if (key === "ArrowRight") return buttons[place + 1];
  if (key === "ArrowLeft") return buttons[place - 1];
  if (key === "Home") return buttons[0];
  if (key === "End") return buttons[buttons.length - 1];
  return above(buttons, place, key);
}

function above(buttons, place, key) {
  const { left, width, top } = buttons[place].getBoundingClientRect();
  const others = key === "ArrowDown" ? buttons.slice(place + 1) : buttons.slice(0, place).reverse();
  let row = null;
  for (const other of others) {
    const box = other.getBoundingClientRect();
    row ??= box.top === top ? null : box.top;
    if (row !== null && box.top !== row) break;
    const middle = left + width / 2;
    if (row !== null && box.left <= middle && middle <= box.right + 8) return other;
  }
  return undefined;
}

addEventListener("keydown", (event) => {
  const { target, key } = event;
  if (key === "/" && !/^(INPUT|SELECT)$/.test(target.tagName)) {
    event.preventDefault();
    find.focus();
  }
  if (!target.matches(".wall button") || !/^(Arrow|Home|End)/.test(key)) return;
  event.preventDefault();
  const next = step(target, key);
  if (next) goTo(next);
});

// One picture with all that is known of it.
const dialog = one("#details");
let looking = null;

function facts({ width, height, bytes, format, url, source, captured, altered, time, sha256 }) {
  const taken = captured && `${captured.slice(0, 10)}, from the Wayback Machine`;
  const size = `${width}×${height} pixels, ${Number(bytes).toLocaleString("en")} bytes`;
  return { size: format ? `${size}, ${format}` : size, original: url, captured: taken, "altered by its host": altered, found: source, saved: time, "SHA-256": sha256 };
}

function show(button) {
  const item = button.closest("li");
  looking = button;
  one("h2", dialog).textContent = item.dataset.name;
  one("img", dialog).src = source(button.dataset.thumbnail);
  const link = one("a", item);
  const rows = Object.entries(facts(item.dataset)).filter(([, known]) => known);
  one("dl", dialog).replaceChildren(...rows.flatMap(([name, known]) => {
    const [term, told] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = name;
    if (name === "original" && link) {
      const original = link.cloneNode();
      original.removeAttribute("tabindex");
      original.textContent = known;
      told.append(original);
    } else told.textContent = known;
    return [term, told];
  }));
  if (!dialog.open) dialog.showModal();
}

for (const button of all("button.thumbnail")) button.addEventListener("click", () => show(button));
dialog.addEventListener("keydown", ({ key }) => {
  const next = /^Arrow(Left|Right)$/.test(key) && step(looking, key);
  if (next) show(next);
});
dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
dialog.addEventListener("close", () => goTo(looking));
roam();
