// Small help for the chat page: copying an answer, opening a source, keeping the focus in the question
// after sending, saying what went wrong, and the language of the page and of buttons.
"use strict";

// Gradio takes the page for being in the browser's language, not in the one that was chosen.
const root = document.documentElement;
const language = root.lang;
new MutationObserver(() => {
  if (root.lang !== language) root.lang = language;
}).observe(root, { attributeFilter: ["lang"] });

// Gradio says in a corner, and not in the visitor's language, that a question was refused or has failed.
// chat.css hides that; it is said where the visitor types.
const problem = Object.assign(document.createElement("div"), { className: "pa-notice" });
problem.setAttribute("role", "alert");
const told = new WeakSet();
let wait = 0; // seconds; 0 where the last question was not one too many
const call = window.fetch;
window.fetch = async (...given) => {
  const { pathname } = new URL(given[0].url ?? given[0], location);
  if (!pathname.endsWith("/queue/join")) return call(...given);
  problem.remove();
  wait = 0;
  const response = await call(...given).catch(unconnected);
  if (response.status === 429) wait = Number(response.headers.get("Retry-After"));
  return response;
};
// Without an answer Gradio would build the page anew, and the conversation and the draft would be gone.
const unconnected = () => Response.json({ detail: "no connection" }, { status: 503 });
function sayWhatFailed() {
  for (const hidden of document.querySelectorAll(".toast-message-item.error")) {
    if (told.has(hidden)) continue;
    told.add(hidden);
    const { tooMany, failed } = document.querySelector("gradio-app").dataset;
    problem.textContent = wait ? tooMany.replace("{seconds}", wait) : failed;
    document.getElementById("ask").before(problem);
  }
}

document.addEventListener("click", (event) => {
  const copy = event.target.closest(".pa-copy");
  if (copy) {
    navigator.clipboard.writeText(copy.dataset.copy).then(() => {
      const before = copy.textContent;
      copy.textContent = copy.dataset.copied;
      setTimeout(() => { copy.textContent = before; }, 2000);
    });
    return;
  }
  const mark = event.target.closest("a.pa-mark");
  if (mark) {
    event.preventDefault();
    const source = document.getElementById(mark.hash.slice(1));
    if (source) {
      source.open = true;
      source.querySelector("summary").focus();
      source.scrollIntoView({ block: "nearest" });
    }
    return;
  }
  if (event.target.closest("#send, #suggestions button, #new")) {
    document.querySelector("#entry textarea")?.focus({ preventScroll: true });
  }
});

// A new answer is brought into view from its beginning. Buttons in another language than the page's
// have it in a class, as Gradio knows no attribute for it.
const seen = new Set();
new MutationObserver(() => {
  sayWhatFailed();
  // A screen reader tells what changes in a region that is there before.
  for (const region of document.querySelectorAll(":is(#announced, #thanks) .md:not([role])")) {
    region.setAttribute("role", "status");
  }
  for (const button of document.querySelectorAll("#suggestions button")) {
    const own = /\bpa-in-(\w+)/.exec(button.className)?.[1] ?? language;
    if (button.lang !== own) button.lang = own;
  }
  const questions = document.querySelectorAll("#log .pa-question");
  const last = questions[questions.length - 1];
  const key = questions.length + ":" + (last ? last.textContent : "");
  if (last && !seen.has(key)) {
    seen.add(key);
    last.scrollIntoView({ block: "start" });
  }
}).observe(root, { childList: true, subtree: true });
