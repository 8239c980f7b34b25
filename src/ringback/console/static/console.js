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
  const near = (moment) => {
    const days = Math.abs(new Date(moment).setHours(0, 0, 0, 0) - new Date().setHours(0, 0, 0, 0)) / 86400000;
    if (days < 0.9) return { timeStyle: "short" };
    return { ...(days < 6.9 ? { weekday: "short" } : { month: "short", day: "numeric" }), hour: "numeric", minute: "2-digit" };
  };
  const exact = { month: "short", day: "numeric", hour: "numeric", minute: "2-digit", second: "2-digit" };
  const tellTimes = (root) => {
    for (const time of root.querySelectorAll("time[datetime]:not([title])")) {
      const moment = new Date(time.dateTime);
      if (Number.isNaN(moment.getTime())) continue;
      time.title = time.dataset.told ?? time.textContent.trim();
      const styles = { day: { dateStyle: "medium" }, near: near(moment), exact };
      const style = styles[time.dataset.style] ?? { dateStyle: "medium", timeStyle: "short" };
      time.textContent = new Intl.DateTimeFormat(locale, style).format(moment);
    }
  };

  // What has come into the page: its times, and what is there only with, or only without, this script.
  const show = (root) => {
    tellTimes(root);
    for (const hidden of root.querySelectorAll("[data-scripted]")) hidden.hidden = false;
    for (const shown of root.querySelectorAll("[data-unscripted]")) shown.hidden = true;
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
      show(dialog);
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
    const id = button?.dataset.swap ?? form.dataset.swap;
    const body = new URLSearchParams(new FormData(form));
    if (button?.name) body.set(button.name, button.value);
    button?.setAttribute("aria-busy", "true");
    try {
      const { html } = await fetched(button?.getAttribute("formaction") ?? form.getAttribute("action"), { method: "POST", body });
      const part = html.getElementById(id);
      if (!part) throw new Error("no such part");
      document.getElementById(id).replaceWith(part);
      show(part);
      const told = html.getElementById("notices");
      if (told) document.getElementById("notices")?.replaceWith(told);
      const cleared = form.dataset.clears && document.getElementById(form.dataset.clears);
      if (cleared) cleared.value = "";
      (cleared || part.querySelector("[data-focus]") || part).focus({ preventScroll: Boolean(cleared) });
    } catch {
      form.removeAttribute("data-swap");
      button?.removeAttribute("data-swap");
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
      field.dispatchEvent(new Event("input", { bubbles: true }));
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
    } else if (event.submitter?.dataset.swap ?? form.dataset.swap) {
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
  const sameAs = (element) => {
    const way = element.getAttribute("href");
    return element.id ? `#${CSS.escape(element.id)}` : way && `a[href="${CSS.escape(way)}"]`;
  };
  const refresh = async (topics) => {
    const wanted = [...document.querySelectorAll("[data-live]")].filter((part) =>
      part.dataset.live.split(" ").some((topic) => topics.includes(topic)),
    );
    if (!wanted.length || document.hidden) return;
    const { answer, html } = await fetched(location.href);
    if (!answer.ok) return;
    for (const part of wanted) {
      const now = html.getElementById(part.id);
      const busy = part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea");
      if (now && !busy && now.innerHTML !== part.dataset.was) {
        const focused = part.contains(document.activeElement) && sameAs(document.activeElement);
        part.innerHTML = part.dataset.was = now.innerHTML;
        show(part);
        if (focused) part.querySelector(focused)?.focus({ preventScroll: true });
      }
    }
  };
  const listen = () => {
    const source = new EventSource(page.dataset.stream);
    let topics = new Set();
    let timer = 0;
    let looked = 0;
    let lost = false;
    const look = () => {
      timer = 0;
      if (document.hidden) return; // looks when it is shown again
      const asked = [...topics];
      topics = new Set();
      looked = Date.now();
      refresh(asked).catch(() => {});
    };
    const note = (changed) => {
      for (const topic of changed) topics.add(topic);
      timer ||= setTimeout(look, Math.max(150, looked + 2000 - Date.now())); // where much happens, every other second
    };
    source.addEventListener("changed", (event) => note(event.data.split(" ")));
    source.addEventListener("error", () => (lost = true));
    source.addEventListener("open", () => {
      if (lost) note(["callbacks", "configuration", "texts"]); // whatever was told meanwhile
      lost = false;
    });
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && topics.size) note([]);
    });
    setInterval(() => note(["callbacks"]), 60000); // time alone changes things as well
    addEventListener("pagehide", () => source.close());
  };
  if (page.dataset.stream && document.querySelector("[data-live]")) listen();

  // Settings: a long list of boxes to tick shows those that are looked for.
  document.addEventListener("input", (event) => {
    const list = event.target.dataset.filter && document.getElementById(event.target.dataset.filter);
    if (!list) return;
    const wanted = event.target.value.trim().toLowerCase();
    for (const choice of list.querySelectorAll(".choice")) choice.hidden = !choice.textContent.toLowerCase().includes(wanted);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.dataset.filter) event.preventDefault(); // looks, does not save
  });

  // Preview: while a form is filled in, the parts that show what comes of it are fetched again.
  let typed = 0;
  let asked = 0;
  const preview = async (form) => {
    const turn = ++asked;
    const body = new URLSearchParams(new FormData(form));
    const { html } = await fetched(form.dataset.preview, { method: "POST", body });
    if (turn !== asked) return; // more was typed meanwhile
    for (const part of form.querySelectorAll("[data-previewed]")) {
      const now = html.getElementById(part.id);
      if (!now) continue;
      if (now.innerHTML !== part.innerHTML) part.innerHTML = now.innerHTML;
      const field = document.getElementById(part.dataset.previewed);
      if (part.querySelector(".wrong")) field?.setAttribute("aria-invalid", "true");
      else field?.removeAttribute("aria-invalid");
    }
  };
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (!form?.dataset.preview) return;
    clearTimeout(typed);
    typed = setTimeout(() => preview(form).catch(() => {}), 300);
  });

  // Templates: a colour can be picked, and the samples' stylesheet follows what is typed; the old one stays until the
  // new one is there.
  document.addEventListener("input", (event) => {
    const field = event.target.dataset.picks && document.getElementById(event.target.dataset.picks);
    if (field) {
      field.value = event.target.value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    } else if (/^#[0-9a-f]{6}$/i.test(event.target.value)) {
      const picker = document.querySelector(`[data-picks="${event.target.id}"]`);
      if (picker) picker.value = event.target.value;
    }
  });
  const samples = document.querySelector("#samples[data-previewed]");
  const dress = () => {
    const sheet = document.getElementById("look");
    const wanted = samples.querySelector("[data-look]").dataset.look;
    if (sheet.getAttribute("href") === wanted) return;
    const next = sheet.cloneNode();
    next.href = wanted;
    next.addEventListener("load", () => sheet.remove());
    sheet.removeAttribute("id");
    sheet.after(next);
  };
  if (samples) new MutationObserver(dress).observe(samples, { childList: true });

  // Call targets: fill in a week's hours.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-same-as], [data-every-day]");
    if (!button) return;
    const days = button.dataset.into?.split(" ") ?? ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    const text = button.dataset.everyDay ?? document.getElementById(button.dataset.sameAs).value;
    for (const day of days) document.getElementById(`hours.weekly.${day}`).value = text;
    say("Filled in; not saved yet");
  });

  // A screen of texts shows its end: the newest.
  for (const screen of document.querySelectorAll("[data-end]")) {
    const showEnd = () => document.querySelectorAll("[data-end]").forEach((each) => (each.scrollTop = each.scrollHeight));
    new MutationObserver(showEnd).observe(screen.parentElement, { childList: true, subtree: true });
    showEnd();
  }

  // The navigation shows where we are, also where it is longer than the window.
  const here = document.querySelector(".side nav [aria-current]");
  if (here && here.getBoundingClientRect().bottom > here.closest("nav").getBoundingClientRect().bottom) {
    here.closest("nav").scrollTop = here.offsetTop;
  }

  show(document);
})();
