// Passkeys: asks the browser for one and sends its answer with the form; without script the form does without.
const bytes = (text) => {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
};
const text = (buffer) => {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
};
const descriptors = (list) => (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }));

async function make(options, login) {
  const user = { ...options.user, id: bytes(options.user.id) };
  if (login) Object.assign(user, { name: login, displayName: login });
  const made = await navigator.credentials.create({
    publicKey: { ...options, user, challenge: bytes(options.challenge), excludeCredentials: descriptors(options.excludeCredentials) },
  });
  return {
    id: made.id,
    rawId: text(made.rawId),
    type: made.type,
    response: { clientDataJSON: text(made.response.clientDataJSON), attestationObject: text(made.response.attestationObject) },
  };
}

async function show(options) {
  const shown = await navigator.credentials.get({
    publicKey: { ...options, challenge: bytes(options.challenge), allowCredentials: descriptors(options.allowCredentials) },
  });
  const { clientDataJSON, authenticatorData, signature, userHandle } = shown.response;
  return {
    id: shown.id,
    rawId: text(shown.rawId),
    type: shown.type,
    response: {
      clientDataJSON: text(clientDataJSON),
      authenticatorData: text(authenticatorData),
      signature: text(signature),
      userHandle: userHandle ? text(userHandle) : null,
    },
  };
}

for (const part of document.querySelectorAll("[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  part.hidden = false;
  const form = part.closest("form");
  const button = part.querySelector("button");
  const problem = part.querySelector("[data-passkey-problem]");
  button.addEventListener("click", async () => {
    const login = form.querySelector("input[name=login]");
    if ([login, form.querySelector("input[name=second_half]")].some((field) => field && !field.reportValidity())) return;
    problem.hidden = true;
    button.disabled = true;
    try {
      const options = JSON.parse(part.dataset.options);
      const answer = part.dataset.passkey === "make" ? await make(options, login?.value.trim()) : await show(options);
      part.querySelector("[data-passkey-answer]").value = JSON.stringify(answer);
      form.noValidate = true;
      form.submit();
    } catch {
      problem.hidden = false;
      button.disabled = false;
    }
  });
}
