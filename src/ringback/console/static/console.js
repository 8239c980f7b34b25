"use strict";
// Everything here makes what works without it a little quicker: copy, confirm in a dialog, change a part, stay up to date.
(() => {
  const page = document.documentElement;

  const fetched = async (address, request) => {
    const answer = await fetch(address, { cache: "no-store", credentials: "same-origin", ...request });
    const text = await answer.text();
    return { answer, html: new DOMParser().parseFromString(text, "text/html") };
  };
  const say = (words) => {
    const spoken = document.getElementById("spoken");
    if (spoken) spoken.textContent = words;
  };

  // Times in the reader's own zone; the organization's stays in the tooltip.
  const locale = navigator.languages.find((each) => each.startsWith(page.lang)) ?? page.lang;
  const tellTimes = (root) => {
    for (const time of root.querySelectorAll("time[datetime]:not([title])")) {
      const moment = new Date(time.dateTime);
      if (Number.isNaN(moment.getTime())) continue;
      time.title = time.textContent.trim();
      const style = time.dataset.style === "day" ? { dateStyle: "medium" } : { dateStyle: "medium", timeStyle: "short" };
      time.textContent = new Intl.DateTimeFormat(locale, style).format(moment);
    }
  };

  // Copy.
  const copyText = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = document.createElement("textarea"); // without a secure context there is no clipboard object
      area.value = text;
      area.setAttribute("readonly", "");
      area.className = "unseen";
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      return done;
    }
  };
  const copy = async (button) => {
    const label = button.querySelector("[data-label]") ?? button;
    const words = (button.dataset.words ??= label.textContent);
    const done = await copyText(document.getElementById(button.dataset.copy).textContent);
    label.textContent = done ? "Copied" : "Press Ctrl+C";
    if (!done) getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
    button.classList.toggle("copied", done);
    say(done ? "Copied" : "Selected; press Control C to copy");
    clearTimeout(button.timer);
    button.timer = setTimeout(() => {
      label.textContent = words;
      button.classList.remove("copied");
    }, 2000);
    button.focus();
  };

  // Confirm: the page that would be opened is shown in a dialog instead.
  const confirm = async (address, giveUp) => {
    try {
      const { answer, html } = await fetched(address);
      const asked = html.querySelector(".confirm");
      if (!answer.ok || !asked) throw new Error("no confirmation");
      const dialog = document.createElement("dialog");
      dialog.setAttribute("aria-labelledby", "confirm-title");
      asked.querySelector("h1, h2").id = "confirm-title";
      dialog.append(asked);
      document.body.append(dialog);
      dialog.addEventListener("close", () => {
        dialog.remove();
        giveUp?.();
      });
      dialog.querySelector("[data-cancel]")?.addEventListener("click", (event) => {
        event.preventDefault();
        dialog.close();
      });
      dialog.showModal();
    } catch {
      location.assign(address);
    }
  };
  const confirmForm = (form) => {
    const address = `${form.getAttribute("action")}?${new URLSearchParams(new FormData(form))}`;
    return confirm(address, () => form.reset());
  };

  // A part of the page: the form is sent and only the part of that id is changed.
  const change = async (form, button) => {
    const id = form.dataset.swap;
    const body = new URLSearchParams(new FormData(form));
    if (button?.name) body.set(button.name, button.value);
    button?.setAttribute("aria-busy", "true");
    try {
      const { html } = await fetched(button?.getAttribute("formaction") ?? form.getAttribute("action"), { method: "POST", body });
      const part = html.getElementById(id);
      if (!part) throw new Error("no such part");
      document.getElementById(id).replaceWith(part);
      tellTimes(part);
      (part.querySelector("[data-focus]") ?? part).focus();
    } catch {
      form.removeAttribute("data-swap");
      form.requestSubmit(button);
    } finally {
      button?.removeAttribute("aria-busy");
    }
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) return copy(button);
    const fill = event.target.closest("[data-fill]");
    if (fill) {
      const field = document.getElementById(fill.dataset.fill);
      event.preventDefault();
      field.value = fill.dataset.value;
      return field.focus();
    }
    const link = event.target.closest("a[data-confirm]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      confirm(link.href);
    }
  });
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-confirm][data-at-once]");
    if (form) confirmForm(form);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-confirm]")) {
      event.preventDefault();
      confirmForm(form);
    } else if (form.dataset.swap) {
      event.preventDefault();
      change(form, event.submitter);
    } else if (form.method === "post") {
      if (form.dataset.sent) event.preventDefault(); // a second press while the first is on its way
      form.dataset.sent = "yes";
    }
  });
  addEventListener("pageshow", () => {
    for (const form of document.forms) delete form.dataset.sent;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && location.hash === "#menu") location.hash = "";
  });

  // Live: we are told what has changed, and fetch those parts of this page again.
  const refresh = async (topics) => {
    const wanted = [...document.querySelectorAll("[data-live]")].filter((part) => topics.includes(part.dataset.live));
    if (!wanted.length || document.hidden) return;
    const { answer, html } = await fetched(location.href);
    if (!answer.ok) return;
    for (const part of wanted) {
      const now = html.getElementById(part.id);
      const busy = part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea");
      if (now && !busy && now.innerHTML !== part.dataset.was) {
        part.innerHTML = part.dataset.was = now.innerHTML;
        tellTimes(part);
      }
    }
  };
  const listen = () => {
    const source = new EventSource(page.dataset.stream);
    let timer = 0;
    let topics = new Set();
    source.addEventListener("changed", (event) => {
      for (const topic of event.data.split(" ")) topics.add(topic);
      clearTimeout(timer);
      timer = setTimeout(() => {
        refresh([...topics]).catch(() => {});
        topics = new Set();
      }, 150);
    });
    addEventListener("pagehide", () => source.close());
  };
  if (page.dataset.stream && document.querySelector("[data-live]")) listen();

  for (const hidden of document.querySelectorAll("[data-scripted]")) hidden.hidden = false;
  for (const shown of document.querySelectorAll("[data-unscripted]")) shown.hidden = true;
  tellTimes(document);
})();
