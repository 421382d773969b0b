// Small help for the chat page: copying an answer, opening a source, and keeping the focus in the
// question after sending. The page works without it.
"use strict";

document.documentElement.lang = "en";

document.addEventListener("click", (event) => {
  const copy = event.target.closest(".pa-copy");
  if (copy) {
    navigator.clipboard.writeText(copy.dataset.copy).then(() => {
      const before = copy.textContent;
      copy.textContent = "Copied";
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

// A new answer is brought into view from its beginning.
const seen = new Set();
new MutationObserver(() => {
  const questions = document.querySelectorAll("#log .pa-question");
  const last = questions[questions.length - 1];
  const key = questions.length + ":" + (last ? last.textContent : "");
  if (last && !seen.has(key)) {
    seen.add(key);
    last.scrollIntoView({ block: "start" });
  }
}).observe(document.documentElement, { childList: true, subtree: true });
