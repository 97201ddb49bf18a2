// Pictures of phones are large, registers take small ones: make the chosen one smaller here, before it leaves the phone.

const input = document.querySelector("input[type=file][data-longest]");

async function smaller(file, longest) {
  const picture = await createImageBitmap(file);
  for (let side = 640; side >= 200; side -= 80) {
    const scale = Math.min(1, side / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    for (const quality of [0.85, 0.7, 0.55]) {
      const made = await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
      if (made && made.size <= longest) return made;
    }
  }
  return null;
}

input?.addEventListener("change", async () => {
  const longest = Number(input.dataset.longest);
  const [file] = input.files;
  if (!file || (file.size <= longest && file.type === "image/jpeg")) return;
  const made = await smaller(file, longest).catch(() => null);
  if (!made) return;
  const held = new DataTransfer();
  held.items.add(new File([made], "photo.jpg", { type: "image/jpeg" }));
  input.files = held.files;
});
