"use strict";
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const one = (selector, root = document) => root.querySelector(selector);
const dialog = one("#details"); // none on the overview

// Thumbnails become images as they come into view; where there is none, the file itself does.
const data = one("#thumbnails").textContent.split("\n");
const small = (index) => (data[index] ? "data:image/webp;base64," + data[index] : "");
const fileOf = (place) => place.closest("[data-file]")?.dataset.file;

function draw(place) {
  const source = small(place.dataset.thumbnail) || fileOf(place);
  const broken = () => place.classList.add("broken");
  if (!source) return broken();
  const image = new Image();
  image.alt = "";
  image.decoding = "async";
  image.onerror = () => { image.remove(); broken(); };
  image.src = source;
  place.replaceChildren(image);
}

const watcher = new IntersectionObserver((seen) => {
  for (const { isIntersecting, target } of seen) {
    if (!isIntersecting) continue;
    watcher.unobserve(target);
    draw(target);
  }
}, { rootMargin: "600px" });
for (const place of all("[data-thumbnail]")) watcher.observe(place);
addEventListener("beforeprint", () => all("[data-thumbnail]:empty").forEach(draw));

// What is folded: all but the pictures on a small screen, and the rest of what is long.
const isWide = matchMedia("(min-width: 1000px)");
const fold = one("[data-fold]");
const unfold = () => (fold.open = isWide.matches);
isWide.addEventListener("change", unfold);
unfold();

for (const button of all("[data-more]")) {
  button.addEventListener("click", () => {
    const rest = all("[data-rest]", button.closest("[data-folded]"));
    for (const each of rest) each.hidden = false;
    (one("button", rest[0]) ?? rest[0]).focus();
    (button.closest("li") ?? button).remove();
  });
}

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

const nameOf = ({ name, number }) => name ?? `${dialog.dataset.wnid}_${number}`;
const text = (item) => `${nameOf(item)} ${item.words ?? ""} ${item.url ?? ""}`.toLowerCase();
const pixels = ({ width = 0, height = 0 }) => width * height;

function valueOf({ dataset }, key) {
  if (key === "pixels") return pixels(dataset);
  return dataset[key] ?? (key === "outcome" ? "saved" : "");
}

// The number of a picture finds that alone: links and wnids have the same digits in them.
function finds() {
  const sought = find.value.trim().toLowerCase();
  const is = ({ dataset }) => dataset.number === sought;
  return lists.some(({ items }) => items.some(is)) ? is : ({ dataset }) => text(dataset).includes(sought);
}

function compare(key) {
  const down = key.startsWith("-") ? -1 : 1;
  const by = key.replace("-", "");
  const numeric = !["host", "outcome", "name", "words"].includes(by);
  return (a, b) => {
    const [x, y] = [valueOf(a, by), valueOf(b, by)];
    return down * (numeric ? x - y : x.localeCompare(y)) || a.dataset.number - b.dataset.number;
  };
}

function arrange() {
  const found = finds();
  const chosen = (item) => filters.every(({ value, dataset }) => !value || valueOf(item, dataset.filter) === value);
  for (const { list, count, none, items } of lists) {
    const shown = items.filter((item) => chosen(item) && found(item));
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
    filter.value = filter.value === value ? "" : value;
    arrange();
    one(".toolbar").scrollIntoView({ block: isWide.matches ? "nearest" : "start" });
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

// By itself, it would lead out of the frame in CK's own pages.
one(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  one("#shown").focus();
});

addEventListener("keydown", (event) => {
  const { target, key } = event;
  if (key === "/" && !/^(INPUT|SELECT)$/.test(target.tagName) && !dialog?.open) {
    event.preventDefault();
    find.focus();
  }
  if (!target.matches(".wall button") || !/^(Arrow|Home|End)/.test(key)) return;
  event.preventDefault();
  const next = step(target, key);
  if (next) goTo(next);
});

// One picture with all that is known of it.
let looking = null;

function facts({ number, width, height, bytes, format, host, url, source, captured, altered, time, sha256, file }) {
  const { entry } = dialog.dataset;
  const size = `${width}×${height} pixels, ${Number(bytes).toLocaleString("en")} bytes`;
  return {
    size: format ? `${size}, ${format}` : size,
    host,
    link: url,
    saved: time.replace("T", " ").replace(/:\d\dZ$/, " UTC"),
    captured: captured && `${captured.slice(0, 10)}, from the Wayback Machine`,
    altered: altered && "the host is known to give a copy with a watermark, at times blurred",
    "CK name": entry && entry + number,
    file: !entry && decodeURIComponent(file.split("/").pop()),
    list: source,
    "SHA-256": sha256,
  };
}

function linked({ url, href = url }, text) {
  if (!/^https?:/.test(href)) return text;
  const link = document.createElement("a");
  Object.assign(link, { href, target: "_blank", rel: "noopener noreferrer nofollow", textContent: text });
  return link;
}

// The command names the folder by where this page lies now: it is not written into pages, which
// are shown to others.
function command(number) {
  const { clean, wnid, outdir } = dialog.dataset;
  const folder = outdir === undefined ? "" : ` --outdir=${typed(pathOf(outdir))}`;
  return `${clean} --wnid=${wnid} --number=${number}${folder}`;
}

// Each word is broken only where it does not fit.
function words(command) {
  return command.match(/ *(?:'[^']*'|"[^"]*"|[^ ])+/g).flatMap((word) => {
    const kept = document.createElement("span");
    kept.textContent = word.trim();
    return word.startsWith(" ") ? [" ", kept] : [kept];
  });
}

function pathOf(outdir) {
  if (!outdir || location.protocol !== "file:") return "FOLDER";
  try {
    return decodeURIComponent(new URL(outdir, location).pathname).replace(/^\/(?=[A-Za-z]:)/, "").replace(/(?<=.)\/$/, "");
  } catch { // its name is no UTF-8
    return "FOLDER";
  }
}

function typed(path) {
  if (/^[A-Za-z]:/.test(path)) return `"${path}"`;
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'"'"'`)}'`;
}

function show(button) {
  const item = button.closest("li").dataset;
  const buttons = visible(button.closest(".wall"));
  looking = button;
  one("h2", dialog).textContent = nameOf(item);
  one(".place", dialog).textContent = `${buttons.indexOf(button) + 1} of ${buttons.length}`;
  picture(one("img", dialog), small(button.dataset.thumbnail), item);
  const rows = Object.entries(facts(item)).filter(([, known]) => known);
  one("dl", dialog).replaceChildren(...rows.flatMap(([name, known]) => {
    const [term, told] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = name;
    told.append(name === "link" ? linked(item, known) : known);
    return [term, told];
  }));
  one("code", dialog).replaceChildren(...words(command(item.number)));
  one("[data-copy]", dialog).textContent = "Copy";
  for (const each of all("[data-step]", dialog)) each.disabled = !step(button, each.dataset.step);
  if (!dialog.open) dialog.showModal();
}

// The file itself, and the thumbnail where that does not lie beside the page.
function picture(image, thumbnail, { file, number }) {
  image.alt = `${dialog.dataset.title}, picture ${number}`;
  image.onerror = () => {
    image.onerror = null;
    if (thumbnail) image.src = thumbnail;
    else image.removeAttribute("src");
  };
  image.src = file || thumbnail;
}

function turn(key) {
  const next = step(looking, key);
  if (next) show(next);
}

async function copy(button) {
  const line = one("code", dialog);
  try {
    await navigator.clipboard.writeText(line.textContent);
  } catch { // in a frame, or in a browser that takes files for unsafe
    getSelection().selectAllChildren(line);
    if (!document.execCommand("copy")) return;
  }
  button.textContent = "Copied";
}

if (dialog) {
  let began = null;
  for (const button of all("button.thumbnail")) button.addEventListener("click", () => show(button));
  for (const button of all("[data-step]", dialog)) button.addEventListener("click", () => turn(button.dataset.step));
  one("[data-copy]", dialog).addEventListener("click", ({ currentTarget }) => copy(currentTarget));
  dialog.addEventListener("keydown", ({ key }) => /^Arrow(Left|Right)$/.test(key) && turn(key));
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  dialog.addEventListener("close", () => goTo(looking));
  one(".frame", dialog).addEventListener("touchstart", ({ touches }) => {
    began = touches.length === 1 ? touches[0] : null;
  }, { passive: true });
  one(".frame", dialog).addEventListener("touchend", ({ changedTouches: [ended] }) => {
    if (!began) return;
    const [across, down] = [ended.clientX - began.clientX, ended.clientY - began.clientY];
    if (Math.abs(across) > 40 && Math.abs(across) > 2 * Math.abs(down)) turn(across < 0 ? "ArrowRight" : "ArrowLeft");
    began = null;
  });
  roam();
}
