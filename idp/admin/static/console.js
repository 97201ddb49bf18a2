// Conveniences of the console: every page works without them.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const search = document.querySelector("[data-search]");
    if (search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  }
  if (event.key === "Escape") {
    document.querySelectorAll("details[open][data-menu]").forEach((menu) => menu.removeAttribute("open"));
  }
  if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !typing) {
    const rows = [...document.querySelectorAll("tbody tr a[href]:first-of-type")];
    if (!rows.length) return;
    const here = rows.indexOf(document.activeElement);
    const next = event.key === "ArrowDown" ? Math.min(here + 1, rows.length - 1) : Math.max(here - 1, 0);
    event.preventDefault();
    rows[next].focus();
  }
});
