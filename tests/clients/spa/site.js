// A site without a server: oidc-client-ts does all it does in the browser. The test calls what hangs on `site`.
const settings = { ...JSON.parse(localStorage.getItem("settings") ?? "{}"), monitorSession: true, checkSessionIntervalInSeconds: 1 };
const manager = new oidc.UserManager({
  ...settings,
  userStore: new oidc.WebStorageStateStore({ store: localStorage }),
  loadUserInfo: true,
});
window.signedOut = 0;
manager.events.addUserSignedOut(() => (window.signedOut += 1));
window.site = {
  configure: (given) => localStorage.setItem("settings", JSON.stringify(given)),
  signIn: () => manager.signinRedirect(),
  signOut: () => manager.signoutRedirect(),
  silently: async () => (await manager.signinSilent({ forceIframeAuth: true })).profile,
  refreshed: async () => (await manager.signinSilent()).access_token,
  user: () => manager.getUser(),
};
if (location.pathname === "/callback") {
  if (window.parent !== window) manager.signinSilentCallback();
  else manager.signinRedirectCallback().then((user) => (document.querySelector("#who").textContent = user.profile.sub));
}
