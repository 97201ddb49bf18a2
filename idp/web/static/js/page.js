// Comforts on top of pages that already work without a script: show a password, wait before resending, one submit per press,
// copy a number, open what a ticked box asks for, and a reload or the back button that never asks whether to send a form again.

const posted = document.body.dataset.posted;
if (posted) history.replaceState(null, "", posted);

for (const field of document.querySelectorAll("[data-reveal]")) {
  const input = field.querySelector("input");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "reveal";
  button.textContent = field.dataset.reveal;
  button.setAttribute("aria-controls", input.id);
  button.addEventListener("click", () => {
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    button.textContent = shown ? field.dataset.conceal : field.dataset.reveal;
    input.focus();
  });
  input.form.addEventListener("submit", () => { input.type = "password"; });
  field.append(button);
}

for (const button of document.querySelectorAll("button[data-wait]")) {
  const ready = button.textContent;
  const until = Date.now() + Number(button.dataset.wait) * 1000;
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    button.disabled = left > 0;
    button.textContent = left > 0 ? button.dataset.waiting.replace("{}", left) : ready;
    if (left > 0) setTimeout(tick, 500);
  };
  if (Number(button.dataset.wait) > 0) tick();
}

for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.getAttribute("aria-busy") === "true") event.preventDefault();
    form.setAttribute("aria-busy", "true");
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[aria-busy]")) form.removeAttribute("aria-busy");
});

for (const place of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button quiet inline";
  button.textContent = place.dataset.copy;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(place.querySelector("code").textContent);
    button.textContent = place.dataset.copied;
  });
  place.append(button);
}

for (const box of document.querySelectorAll(".claim input[type=checkbox]")) {
  box.addEventListener("change", () => { if (box.checked) box.closest(".claim").querySelector("details").open = true; });
}

document.querySelector("[data-summary]")?.focus();
