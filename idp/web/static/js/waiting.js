// A challenge under way elsewhere: look gently how it stands while the page is seen, and go on when that changes.

const place = document.querySelector("[data-waiting-at]");
let pause = 2500;

async function look() {
  if (document.visibilityState === "visible") {
    try {
      const answer = await fetch(place.dataset.waitingAt, { credentials: "same-origin", headers: { Accept: "application/json" } });
      const told = await answer.json();
      const onPhone = told.is_on_phone ? "yes" : "no";
      if (told.state !== "waiting" || onPhone !== place.dataset.onPhone) {
        location.reload();
        return;
      }
    } catch {
      pause = Math.min(pause * 2, 20000);
    }
  }
  setTimeout(look, pause);
}

if (place) {
  setTimeout(look, pause);
  document.addEventListener("visibilitychange", () => { pause = 2500; });
}
