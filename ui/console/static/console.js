/* Helps only: everything works without it. Copy, drop a file, grow with the text, ask before edits are lost. */
"use strict";

function say(text) {
  let line = document.querySelector(".said");
  if (!line) {
    line = Object.assign(document.createElement("p"), { className: "said" });
    line.setAttribute("role", "status");
    document.querySelector("main").prepend(line);
  }
  line.textContent = "";
  requestAnimationFrame(() => { line.textContent = text; });
}

// What stands in a page from the start is not read out; what changes in it is.
const told = document.querySelector(".said");
if (told) say(told.textContent);

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copy).textContent;
    const html = document.getElementById(`${button.dataset.copy}-html`).content.textContent;
    try {
      await navigator.clipboard.write([new ClipboardItem({
        "text/plain": new Blob([text], { type: "text/plain" }),
        "text/html": new Blob([html], { type: "text/html" }),
      })]);
      say("Copied.");
    } catch {
      getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
      say("The browser does not let this page copy. The text is selected: copy it with Ctrl+C.");
    }
  });
}

for (const area of document.querySelectorAll("[data-grows]")) {
  const grow = () => {
    if (area.scrollHeight > area.clientHeight) area.style.height = `${area.scrollHeight + 4}px`;
  };
  area.addEventListener("input", grow);
  area.closest("details")?.addEventListener("toggle", grow);
  grow();
}

for (const form of document.querySelectorAll("[data-unsaved]")) {
  const texts = () => JSON.stringify([...new FormData(form)].filter(([name]) => name !== "action"));
  const shown = form.dataset.unsaved === "typed" ? "" : texts();
  let leaving = false;
  document.querySelector("[data-discard]")?.addEventListener("click", () => { leaving = true; });
  form.addEventListener("submit", () => { leaving = true; });
  window.addEventListener("beforeunload", (event) => {
    if (!leaving && texts() !== shown) event.preventDefault();
  });
  window.addEventListener("pageshow", () => { leaving = false; });
}

for (const form of document.querySelectorAll("[data-drop]")) {
  const field = form.querySelector("input[type=file]");
  const problem = form.querySelector("[data-problem]");
  const look = () => {
    const large = [...field.files].some((file) => file.size > Number(form.dataset.most));
    problem.hidden = !large;
    problem.textContent = large ? "This file is too large. Save the mail without its attachments." : "";
    return !large;
  };
  field.addEventListener("change", look);
  form.addEventListener("submit", (event) => {
    if (!look()) { event.preventDefault(); field.focus(); }
  });
  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      document.body.classList.toggle("dropping", kind === "dragover");
      if (kind === "drop") { field.files = event.dataTransfer.files; look(); field.focus(); }
    });
  }
}

// A second press of a button must not send a form twice.
for (const form of document.querySelectorAll("form[method=post]")) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    if (sent) event.preventDefault();
    sent = true;
  });
  window.addEventListener("pageshow", () => { sent = false; });
}
