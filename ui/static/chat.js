// Small help for the chat page: copying an answer, opening a source, keeping the focus in the question
// after sending, and saying the language of the page and of buttons. The page works without it.
"use strict";

// Gradio takes the page for being in the browser's language, not in the one that was chosen.
const root = document.documentElement;
const language = root.lang;
new MutationObserver(() => {
  if (root.lang !== language) root.lang = language;
}).observe(root, { attributeFilter: ["lang"] });

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
