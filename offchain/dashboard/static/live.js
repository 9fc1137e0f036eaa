// Keeps the page as the chain is: on word of a change the page is fetched again and its content
// exchanged. Without JavaScript the page is what it was when it was loaded.
"use strict";
(function () {
  const live = document.getElementById("live");
  let busy = false, again = false;

  function place(element) {
    // Where the keyboard is: the n-th thing that can be focused in the content.
    const all = Array.from(document.querySelectorAll("#main a, #main [tabindex]"));
    return all.indexOf(element);
  }

  async function renew() {
    if (busy) { again = true; return; }
    busy = true;
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      const next = new DOMParser().parseFromString(await answer.text(), "text/html");
      const focused = place(document.activeElement);
      const scrolled = Array.from(document.querySelectorAll(".scroll")).map((e) => e.scrollLeft);
      for (const name of ["main", "footer", "nav"]) {
        document.querySelector(name).replaceWith(document.adoptNode(next.querySelector(name)));
      }
      document.title = next.title;
      document.querySelectorAll(".scroll").forEach((e, n) => { e.scrollLeft = scrolled[n] || 0; });
      const all = document.querySelectorAll("#main a, #main [tabindex]");
      if (focused >= 0 && all[focused]) { all[focused].focus({ preventScroll: true }); }
    } catch (error) {
      live.textContent = "not connected";
    }
    busy = false;
    if (again) { again = false; renew(); }
  }

  const events = new EventSource("/events");
  let lost = false;
  events.onopen = function () {
    live.textContent = "live";
    if (lost) { lost = false; renew(); }
  };
  events.onerror = function () { lost = true; live.textContent = "not connected"; };
  events.addEventListener("changed", renew);
})();
