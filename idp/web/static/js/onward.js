// Signing out: on to where the person was going, once every frame of the page has loaded, or when one takes too long.
// A plain script in plain words: a browser too old for modules must not be left on this page.

(function () {
  function goOn() {
    location.replace(document.querySelector("[data-onward]").href);
  }
  window.addEventListener("load", goOn);
  setTimeout(goOn, 5000);
})();
