"use strict";
(() => {
  const root = document.documentElement;

  // Tell times in the reader's own zone.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const here = new URL(location.href);
  if (zone && root.dataset.zone && root.dataset.zone !== zone && !here.searchParams.has("time_zone")) {
    here.searchParams.set("time_zone", zone);
    location.replace(here);
    return;
  }

  const read = async (request) => {
    const answer = await fetch(location.href, { cache: "no-store", ...request });
    if (!answer.ok) throw new Error(answer.status);
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  };

  // Another day's times, without leaving the page.
  let plainly = false;
  document.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (plainly || !button || button.name !== "day") return;
    event.preventDefault();
    const form = event.target;
    const body = new URLSearchParams(new FormData(form));
    body.set("day", button.value);
    try {
      const times = (await read({ method: "POST", body })).getElementById("times");
      document.getElementById("times").replaceWith(times);
      times.querySelector("[aria-current]").focus();
    } catch {
      plainly = true;
      form.requestSubmit(button);
    }
  });

  // A second tap while the first is on its way changes nothing.
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.forms) delete form.dataset.sent;
  });

  // The state of the callback, every ten seconds while somebody looks.
  let failures = 0;
  const refresh = async () => {
    if (document.hidden) return;
    try {
      const fresh = await read();
      failures = 0;
      for (const part of document.querySelectorAll("[data-live]")) {
        const now = fresh.getElementById(part.id);
        if (now && now.innerHTML !== part.innerHTML) part.innerHTML = now.innerHTML;
      }
      document.title = fresh.title;
      if (!fresh.querySelector("[data-refresh]")) return;
    } catch {
      failures += 1;
    }
    wait();
  };
  let timer = 0;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, 10000 * Math.min(6, 2 ** failures));
  };
  if (document.querySelector("[data-refresh]")) {
    wait();
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && document.querySelector("[data-refresh]")) refresh();
    });
  }
})();
