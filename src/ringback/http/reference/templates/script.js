"use strict";

const said = document.getElementById("said");

async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Without HTTPS there is no clipboard to write to, but a selection can be copied.
  const field = document.createElement("textarea");
  field.value = text;
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await copy(button.closest("figure").querySelector("code").textContent);
    button.focus();
    button.textContent = said.textContent = "Copied";
    setTimeout(() => {
      button.textContent = "Copy";
      said.textContent = "";
    }, 2000);
  });
}

const links = new Map();
for (const link of document.querySelectorAll("nav a[href^='#']")) {
  const anchor = link.hash.slice(1);
  links.set(anchor, [...(links.get(anchor) ?? []), link]);
  link.addEventListener("click", () => link.closest("details")?.removeAttribute("open"));
}

const watcher = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      for (const link of links.get(target.id) ?? []) {
        if (isIntersecting) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    }
  },
  { rootMargin: "-20% 0px -79% 0px" },
);
for (const section of document.querySelectorAll("section[id]")) watcher.observe(section);
