// Draws the tables of the statistics as charts (SVG); without it the tables stand open.
const COLOURS = { light: ["#0b5cad", "#b34700", "#3f6f21", "#7a3e9d"], dark: ["#6cb4ff", "#ffab66", "#9fd37a", "#d6a5f0"] };
const DASHES = ["solid", "dashed", "dotted", [8, 3, 2, 3]];
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const figures = new Intl.NumberFormat(document.documentElement.lang);
const short = new Intl.NumberFormat(document.documentElement.lang, { notation: "compact" });
const drawn = [];

const isDark = () => {
  const theme = document.documentElement.dataset.theme;
  return theme === "dark" || (theme !== "light" && dark.matches);
};
const inkOf = (name) => {
  const probe = document.createElement("span");
  probe.className = `ink-${name}`;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
};

// How far the names at the ends of lines are moved so that none lies on another: 16 pixels each, of about 200 in all.
function apart(chart) {
  const most = Math.max(1, ...chart.series.flatMap((each) => each.values.map((v) => v ?? 0)));
  const ends = chart.series.map((each, place) => ({ place, y: 200 - (200 * (each.values.at(-1) ?? 0)) / most })).sort((a, b) => b.y - a.y);
  const moved = chart.series.map(() => 0);
  let floor = Infinity;
  for (const { place, y } of ends) {
    const fits = Math.min(y, floor - 16);
    moved[place] = fits - y;
    floor = fits;
  }
  return moved;
}

function options(chart, width) {
  const across = chart.kind === "bars";
  const [ink, soft, line, paper] = ["ink", "soft", "line", "paper"].map(inkOf);
  const colours = COLOURS[isDark() ? "dark" : "light"];
  const names = across ? [...chart.labels].reverse() : chart.labels;
  const values = { type: "value", minInterval: 1, splitLine: { lineStyle: { color: line } }, axisLabel: { color: soft, formatter: (v) => short.format(v) }, splitNumber: 4 };
  const labels = { type: "category", data: names, axisTick: { show: false }, axisLine: { lineStyle: { color: line } },
    axisLabel: { color: soft, hideOverlap: true, ...(across ? { width: Math.min(160, width * 0.35), overflow: "truncate" } : { formatter: (day) => (day.length > 7 ? day.slice(5) : day) }) } };
  const many = chart.series.length > 1;
  const offsets = apart(chart);
  const end = chart.kind === "lines" && many ? Math.min(112, 24 + 13 * Math.max(...chart.series.map((each) => each.name.length))) : 16;
  return {
    animation: false,
    color: colours,
    textStyle: { color: ink, fontFamily: "inherit" },
    aria: { enabled: false, decal: { show: false } },
    grid: { left: 8, right: across ? 64 : end, top: 12, bottom: 4, containLabel: true },
    tooltip: { trigger: "axis", renderMode: "richText", confine: true, backgroundColor: paper, borderColor: line, textStyle: { color: ink },
      axisPointer: { type: across ? "shadow" : "line" }, valueFormatter: (v) => (v == null ? "< 5" : figures.format(v)) },
    xAxis: across ? values : labels,
    yAxis: across ? labels : values,
    series: chart.series.map((each, place) => {
      const data = across ? [...each.values].reverse() : each.values;
      if (chart.kind === "lines") {
        return { name: each.name, type: "line", data, symbol: "none", lineStyle: { width: 2, type: DASHES[place % 4] }, 
          endLabel: { show: many, formatter: "{a}", color: colours[place % 4], distance: 6, offset: [0, offsets[place]] } };
      }
      const last = place === chart.series.length - 1;
      return { name: each.name, type: "bar", stack: "all", barMaxWidth: 24, data,
        itemStyle: { borderColor: paper, borderWidth: many ? 1 : 0 },
        label: { show: across && last, position: "right", color: ink,
          formatter: ({ dataIndex }) => {
            const cells = chart.series.map((one) => one.values[chart.labels.length - 1 - dataIndex]);
            return cells.every((cell) => cell == null) ? "< 5" : figures.format(cells.reduce((sum, cell) => sum + (cell ?? 0), 0));
          } } };
    }),
  };
}

for (const box of document.querySelectorAll("[data-chart]")) {
  const chart = JSON.parse(box.dataset.chart);
  box.hidden = false;
  box.classList.add(chart.kind === "bars" ? (chart.labels.length > 6 ? "tall" : "low") : "wide");
  const picture = echarts.init(box, null, { renderer: "svg" });
  const draw = () => { picture.resize(); picture.setOption(options(chart, box.clientWidth), true); };
  draw();
  drawn.push(draw);
  box.closest("section").querySelector("details[data-folds]").open = false;
}
const again = () => drawn.forEach((draw) => draw());
let waiting;
window.addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(again, 150); });
dark.addEventListener("change", again);
