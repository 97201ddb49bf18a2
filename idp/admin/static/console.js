// Conveniences of the console: every page works without them.
const typesIn = (element) => Boolean(element.closest("input, select, textarea, [contenteditable]"));

// "/" goes to the search or filter of the page.
function goToSearch(event) {
  const search = document.querySelector("[data-search], main [role=search] input:not([type=hidden])");
  if (!search) return;
  event.preventDefault();
  search.focus();
  search.select?.();
}

// Arrows, once the focus is in a table, go from row to row: to the first link of each, or to the row itself.
function goToRow(event) {
  const table = event.target.closest("table");
  const rows = table ? [...table.tBodies].flatMap((body) => [...body.rows]) : [];
  if (!rows.length) return;
  const at = rows.indexOf(event.target.closest("tr"));
  const wanted = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
  const row = rows[Math.min(Math.max(wanted, 0), rows.length - 1)];
  const link = row.querySelector("a[href], button");
  if (!link) row.tabIndex = -1;
  event.preventDefault();
  (link ?? row).focus();
}

function closeMenus() {
  for (const menu of document.querySelectorAll("details[open][data-menu]")) {
    const held = menu.contains(document.activeElement);
    menu.open = false;
    if (held) menu.querySelector("summary").focus();
  }
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    closeMenus();
    if (event.target.matches?.("[data-search], [role=search] input")) event.target.blur();
    return;
  }
  if (typesIn(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") goToSearch(event);
  if (["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) goToRow(event);
});

document.addEventListener("click", (event) => {
  if (!event.target.closest("details[data-menu]")) closeMenus();
});

// How long ago, beside the exact time, for whoever points at it.
function tellAge(time) {
  const seconds = (new Date(time.dateTime) - Date.now()) / 1000;
  if (Number.isNaN(seconds)) return;
  const steps = [[60, 1, "second"], [3600, 60, "minute"], [86400, 3600, "hour"], [Infinity, 86400, "day"]];
  const [, size, unit] = steps.find(([below]) => Math.abs(seconds) < below);
  const said = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });
  time.title = `${said.format(Math.round(seconds / size), unit)} · ${time.dateTime}`;
}

const tellAges = (part) => part.querySelectorAll("time[datetime]").forEach(tellAge);
tellAges(document);
document.addEventListener("htmx:after:swap", () => tellAges(document));
