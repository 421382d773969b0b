// <partnership-assistant> -> a conversation with cited answers; docs/embed.md says how to use it.
//
// No dependency, no cookie, no request to any host but its own. An answer is a record; it is built here
// node by node, every text set as text, so that nothing in it is ever read as markup.
"use strict";
(() => {
  const NAME = "partnership-assistant";
  if (customElements.get(NAME)) return;

  const SERVICE = new URL(".", document.currentScript.src);
  const CONTACT = "contact@s3-cop.eu";
  // What is said before the texts are there, or where they never come.
  const CALM = {
    title: "Partnership assistant",
    paused:
      "The assistant cannot answer questions at the moment. The S3 CoP secretariat is glad to help you:",
    full_chat: "Open the full assistant",
    opens_in_new_tab: "opens in a new tab",
  };
  const ANSWER_MILLISECONDS = 40000;
  const COPIED_MILLISECONDS = 2000;
  const BUSY_SECONDS = 60; // a busy server asks for a shorter wait, one that is turned off for a longer
  const HISTORY_TURNS = 3;
  const HISTORY_CHARACTERS = 2000;
  const MOST_KEPT = 20;
  const LEAST_CONTRAST = 4.5;

  const STYLE = `
:host { all: initial; display: block; block-size: 44em; font-size: medium; color-scheme: light dark;
  --page: #fff; --soft: #f3f6fb; --text: #1f2a44; --quiet: #515b6e; --line: #8a93a5; --link: #0b43c4;
  --accent: #0e47cb; --on-accent: #fff; --note: #fff6d8; --note-line: #b07a00; --focus: #0a1c4f; }
:host([mode="button"]), :host([mode="frame"]) { block-size: auto; }
:host([hidden]) { display: none; }
@media (prefers-color-scheme: dark) {
  :host { --page: #14181f; --soft: #222936; --text: #e9edf4; --quiet: #b4bdcc; --line: #77839a;
    --link: #a3c0ff; --note: #3a3110; --note-line: #d8b545; --focus: #ffc845; } }
* { box-sizing: border-box; }
:is(h1, h2, h3, h4, h5, p, ul, blockquote, form) { margin: 0; padding: 0; }
/* Rules of the page for everything (*) reach the host, and what is inherited from it. */
.box { all: initial; display: block; block-size: 100%; color-scheme: light dark; color: var(--text);
  font: medium/1.5 Arial, "Liberation Sans", Helvetica, sans-serif; overflow-wrap: anywhere; }
.card { display: flex; flex-direction: column; block-size: 100%; background: var(--page);
  border: 1px solid var(--line); border-radius: 4px; overflow: hidden; }
.bar { display: flex; flex-wrap: wrap; gap: .5em; align-items: center; padding: .6em 1em;
  background: var(--accent); color: var(--on-accent); }
.bar > :first-child { flex: 1 1 8em; font-size: 1.15em; line-height: 1.3; font-weight: bold; }
.body { flex: 1 1 auto; min-block-size: 0; overflow-y: auto; position: relative; padding: 1em;
  display: flex; flex-direction: column; container-type: size; }
.body > * { flex: none; }
/* The last question stands at the top of what scrolls, so that nothing moves when its answer comes. */
.exchange:last-child { min-block-size: calc(100cqb + 1.6em); }
.box[data-mode="frame"] :is(.card, .body) { block-size: auto; min-block-size: inherit; overflow: visible;
  container-type: normal; }
.box[data-mode="frame"] :is(.body, .exchange) { min-block-size: 0; }
.note { background: var(--soft); border-inline-start: 4px solid var(--accent); padding: .6em .9em;
  font-size: .94em; }
.warn { background: var(--note); border-inline-start: 4px solid var(--note-line); padding: .6em .9em;
  font-size: .94em; }
.note + .note, .answer > * { margin-block-start: .7em; }
.question { margin-block-start: 1.4em; padding: .6em .9em; border-radius: 4px; background: var(--soft);
  font-size: 1em; font-weight: bold; white-space: pre-wrap; }
.question, .answer { max-inline-size: 46em; }
.note, .warn { max-inline-size: 49em; }
.answer :is(h3, h4) { font-size: 1em; font-weight: bold; }
.answer ul { padding-inline-start: 1.3em; }
.answer li + li { margin-block-start: .3em; }
.pre { white-space: pre-line; }
.original { color: var(--quiet); font-size: .94em; }
.ideas > * { margin-block-start: .5em; }
.ideas { margin-block-start: 1em; }
.ideas ul { list-style: none; display: grid; gap: .5em; justify-items: start; }
.lead, .meta, .foot, .links { color: var(--quiet); font-size: .94em; }
a { color: var(--link); text-underline-offset: .15em; padding-block: .3em; }
.options { margin-block-start: auto; padding-block-start: 1.2em; }
.links { margin-block-start: .7em; }
.foot, .links, .options { display: flex; flex-wrap: wrap; gap: .5em 1em; align-items: center; }
button { font: inherit; font-size: .94em; line-height: 1.4; text-align: start; cursor: pointer;
  min-block-size: 36px; padding: .35em .8em; border: 1px solid var(--link); border-radius: 4px;
  background: var(--page); color: var(--link); }
button:hover { text-decoration: underline; }
button[aria-pressed="true"] { background: var(--soft); font-weight: bold; }
button[aria-disabled="true"] { cursor: default; text-decoration: none; }
.mark { min-block-size: 24px; min-inline-size: 24px; padding: 0 .4em; margin-inline: .3em 0;
  font-size: .8em; text-align: center; border-radius: 12px; vertical-align: middle; }
.strong { background: var(--accent); color: var(--on-accent); border-color: var(--accent);
  font-weight: bold; min-block-size: 44px; padding-inline: 1.2em; text-align: center; }
.bar button { background: var(--accent); color: var(--on-accent); border-color: var(--on-accent); }
.sources { border-block-start: 1px solid var(--line); padding-block-start: .6em; }
.sources > details { border-block-end: 1px solid var(--line); }
summary { cursor: pointer; padding-block: .45em; min-block-size: 24px; }
.sources blockquote { margin-block: .3em .5em; padding: .4em .9em; background: var(--soft);
  border-inline-start: 4px solid var(--link); white-space: pre-line; }
.sources ul { padding-block-end: .6em; }
form { display: grid; grid-template-columns: 1fr auto; gap: .3em .7em; align-items: end;
  padding: .7em 1em .9em; border-block-start: 1px solid var(--line); }
label { font-weight: bold; }
form label { grid-column: 1 / -1; }
textarea { font: inherit; color: var(--text); background: var(--page); border: 1px solid var(--line);
  border-radius: 4px; padding: .55em .7em; inline-size: 100%; min-inline-size: 0; resize: none;
  min-block-size: 44px; max-block-size: 8em; field-sizing: content; }
textarea::placeholder { color: var(--quiet); opacity: 1; }
.options { font-size: .94em; }
.options label { display: inline-flex; gap: .5em; align-items: center; font-weight: normal;
  min-block-size: 24px; }
.options input { inline-size: 24px; block-size: 24px; margin: 0; flex: none; accent-color: var(--accent); }
.options button { min-block-size: 28px; padding-block: .15em; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
.body:focus-visible { outline-offset: -3px; }
.bar :focus-visible { outline-color: var(--on-accent); }
.hidden { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden;
  clip-path: inset(50%); white-space: nowrap; }
.open { position: fixed; inset-block-end: 1rem; inset-inline-end: 1rem; z-index: 1000;
  border: 2px solid var(--on-accent); border-radius: 24px; max-inline-size: calc(100vw - 2rem); }
.open:has(+ dialog[open]) { visibility: hidden; }
dialog { border: 0; padding: 0; background: none; color: inherit; position: fixed; margin: 0;
  inset: auto 1rem 1rem auto; inline-size: min(28em, 100vw - 2rem);
  block-size: min(44em, 100dvh - 2rem); max-inline-size: none; max-block-size: none; }
dialog::backdrop { background: rgb(0 0 0 / .3); }
@media (max-width: 30em) { dialog { inset: 0; inline-size: 100vw; block-size: 100dvh; }
  .body, form { padding-inline: .7em; } }
@media (max-height: 30em) { dialog .card { overflow-y: auto; }
  dialog .body { flex: none; overflow: visible; container-type: normal; }
  dialog .exchange { min-block-size: 0; } }
@media print { :host { block-size: auto !important; height: auto !important; }
  form, .open, .options, .ideas, .foot button { display: none; }
  .box, .card, .body { overflow: visible; block-size: auto; container-type: normal; }
  .exchange:last-child { min-block-size: 0; }
  details::details-content { content-visibility: visible; display: block; } }
`;
  const PAGE_STYLE = "html, body { margin: 0; background: transparent; }";

  const sheet = (text) => {
    const made = new CSSStyleSheet();
    made.replaceSync(text);
    return made;
  };
  const STYLE_SHEET = sheet(STYLE);

  /** A node with attributes (those named on… are listeners); children that are strings become text. */
  function make(tag, given = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(given)) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value);
    }
    node.append(...children);
    return node;
  }

  /** Events of a stream as [name, data], in order. */
  async function* events(stream) {
    const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const found = /^event: (\w+)\ndata: (.+)$/s.exec(block);
        if (found) yield [found[1], JSON.parse(found[2])];
      }
    }
  }

  /** What the server says when it does not answer (RFC 9457). */
  class Refusal extends Error {
    constructor(problem, wait = 0) {
      super(problem.errors?.[0]?.message ?? problem.detail);
      this.status = problem.status;
      this.wait = wait;
    }
  }

  const channel = (hex, place) => {
    const value = parseInt(hex.slice(place, place + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  /** Relative luminance of #rrggbb (WCAG 2.2). */
  const luminance = (hex) =>
    0.2126 * channel(hex, 1) + 0.7152 * channel(hex, 3) + 0.0722 * channel(hex, 5);
  const contrast = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  /** #rgb or #rrggbb as #rrggbb; anything else as "". */
  function colour(text) {
    const found = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(text.trim());
    if (!found) return "";
    return found[1].length === 6 ? found[0] : found[0].replace(/[0-9a-f]/gi, "$&$&");
  }
  /** The pair of colours that a site asked for, or none where they could not be read. */
  function colours(accent, onAccent) {
    const ground = colour(accent);
    if (!ground) return null;
    const found = [colour(onAccent), ...(onAccent ? [] : ["#ffffff", "#000000"])].find(
      (text) => text && contrast(ground, text) >= LEAST_CONTRAST,
    );
    return found ? [ground, found] : null;
  }

  /** Parts of the question that a partial answer leaves open; none where it was only unclear. */
  const missing = ({ status, missing }) => (status === "partial" ? missing : []);

  /** CSS would take the accents of Greek away. */
  const capital = (text) => text[0].toUpperCase() + text.slice(1);

  /** English where English is quoted, else the language of the question. */
  const spokenLanguage = ({ statements, language }) =>
    statements.some((statement) => !statement.original) ? "en" : language;

  /** Neighbouring statements that rest on the same words. */
  function grouped(statements) {
    const groups = [];
    for (const statement of statements) {
      const last = groups.at(-1)?.[0];
      const same = last?.kind === statement.kind && `${last.citations}` === `${statement.citations}`;
      if (same) groups.at(-1).push(statement);
      else groups.push([statement]);
    }
    return groups;
  }

  class PartnershipAssistant extends HTMLElement {
    // What the site asks for
    #mode;
    #title;
    #accent; // [ground, words], or null
    #starts; // questions to begin with
    #language; // as the site wrote it, or ""
    // What the server says
    #texts = CALM;
    #code = "en"; // language of the texts
    #answerLanguage; // sent with questions; null where that is left to each question
    #contact = CONTACT;
    #codeLicence;
    #stores; // whether questions may be kept there
    // The conversation
    #turns = [];
    #asking = null; // the AbortController of a question that is being answered
    // Nodes
    #heading = 2; // level of the title; the page to frame has no other
    #box;
    #body; // what scrolls
    #log;
    #ideas; // questions to click on
    #live; // what a screen reader says
    #entry;
    #send;
    #keepChoice;
    #kept = false; // the conversation lies in the browser
    #storeChoice; // missing where nothing is stored
    #fresh;

    connectedCallback() {
      if (this.shadowRoot) return;
      this.attachShadow({ mode: "open" }).adoptedStyleSheets = [STYLE_SHEET];
      this.#mode = this.getAttribute("mode") || "inline";
      this.#readOptions();
      this.#box = make("div", { class: "box", "data-mode": this.#mode });
      if (this.#accent) {
        this.#box.style.setProperty("--accent", this.#accent[0]);
        this.#box.style.setProperty("--on-accent", this.#accent[1]);
      }
      this.shadowRoot.append(this.#box);
      if (this.#mode === "frame") this.#settleInFrame();
      this.#load().then(
        () => this.#show(),
        () => this.#showCalm(),
      );
    }

    disconnectedCallback() {
      this.#asking?.abort();
    }

    /** Read the attributes; a framed page has them in its address, and only where it is framed. */
    #readOptions() {
      const query = new URLSearchParams(window.parent === window ? "" : location.search);
      const option = (name) =>
        (this.#mode === "frame" ? query.get(name) : this.getAttribute(name)) || "";
      this.#title = option("title");
      this.removeAttribute("title"); // or it would show beside the pointer everywhere
      this.#accent = colours(option("accent"), option("accent-text"));
      this.#starts = option("start-questions").split("|").map((text) => text.trim()).filter(Boolean);
      this.#language = option("language").toLowerCase();
      this.#code = (this.#language || this.closest("[lang]")?.lang || "en").toLowerCase().split("-")[0];
    }

    /** The page to frame follows its content; the page around it is told how high that is. */
    #settleInFrame() {
      this.#heading = 1;
      document.adoptedStyleSheets = [sheet(PAGE_STYLE)];
      const around =
        location.ancestorOrigins?.[0] ?? (document.referrer && new URL(document.referrer).origin);
      if (window.parent === window || !around || around === "null") return;
      let told = 0;
      const fill = () => {
        // Higher than was asked for: that is the site's own height, from which the frame grows.
        if (window.innerHeight > told) this.#box.style.minBlockSize = `${window.innerHeight}px`;
      };
      fill();
      window.addEventListener("resize", fill);
      new ResizeObserver(() => {
        told = Math.ceil(this.#box.getBoundingClientRect().height);
        window.parent.postMessage({ type: `${NAME}-height`, height: told }, around);
      }).observe(this.#box);
    }

    async #load() {
      const response = await fetch(
        new URL(`embed/texts/${encodeURIComponent(this.#code)}.json`, SERVICE),
        { credentials: "omit" },
      );
      if (!response.ok) throw new Error(response.statusText);
      const found = await response.json();
      this.#texts = found.texts;
      this.#contact = found.contact;
      this.#codeLicence = found.code_licence;
      this.#stores = found.stores;
      this.#code = found.language;
      this.#answerLanguage = this.#language.split("-")[0] === this.#code ? this.#code : null;
    }

    // The parts that stay

    #show() {
      const automated = make("p", { id: "automated", class: "note", role: "note" }, this.#say("automated"));
      this.#log = make("div");
      this.#ideas = make("div", { class: "ideas" });
      this.#live = make("p", { class: "hidden", role: "status" });
      const focusable = this.#mode === "frame" ? {} : { tabindex: 0 }; // what scrolls must be reached by keys
      this.#body = make(
        "section",
        { class: "body", "aria-label": this.#say("conversation"), ...focusable },
        automated,
      );
      if (this.#texts.english_sources) {
        this.#body.append(make("p", { class: "note" }, this.#say("english_sources")));
      }
      this.#body.append(this.#log, this.#options(), this.#links(), this.#live);
      this.#frame(this.#body, this.#form());
      this.#restore();
      if (!this.#turns.length) this.#begin(this.#log);
    }

    /** Shown where the service does not answer at all. */
    #showCalm() {
      const words = make("p", { class: "note" }, ...this.#calm());
      const links = make("p", { class: "links" }, this.#page("full_chat", ""));
      this.#frame(make("div", { class: "body" }, words, links));
    }

    /** Put the parts into a card, inline or in a panel that a button opens. */
    #frame(...parts) {
      const title = this.#title || this.#say("title");
      const heading = make(`h${this.#heading}`, { id: "title" }, title);
      const bar = make("div", { class: "bar" }, heading);
      this.#box.lang = this.#code;
      if (this.#mode === "frame") {
        document.documentElement.lang = this.#code;
        document.title = title;
      }
      if (this.#mode !== "button") {
        this.#box.append(make("section", { class: "card", "aria-labelledby": "title" }, bar, ...parts));
        return;
      }
      const opener = make(
        "button",
        { type: "button", class: "strong open", "aria-haspopup": "dialog" },
        this.#title || this.#texts.open_assistant || title,
      );
      const close = make(
        "button",
        { type: "button", onclick: () => panel.close() },
        this.#texts.close || "Close",
      );
      bar.append(close);
      const card = make("div", { class: "card" }, bar, ...parts);
      const panel = make("dialog", { "aria-labelledby": "title" }, card); // gives the focus back itself
      opener.addEventListener("click", () => {
        panel.showModal();
        (this.#entry || close).focus();
      });
      this.#box.append(opener, panel);
    }

    #form() {
      this.#entry = make("textarea", {
        id: "entry",
        rows: 1,
        required: "",
        placeholder: this.#say("placeholder"),
        "aria-describedby": "automated",
        onkeydown: (event) => {
          if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          form.requestSubmit();
        },
      });
      this.#send = make("button", { class: "strong" }, this.#say("send"));
      const form = make(
        "form",
        {
          onsubmit: (event) => {
            event.preventDefault();
            this.#ask(this.#entry.value);
          },
        },
        make("label", { for: "entry" }, this.#say("your_question")),
        this.#entry,
        this.#send,
      );
      return form;
    }

    #options() {
      const choice = (key, onchange) => {
        const box = make("input", { type: "checkbox", onchange });
        options.append(make("label", {}, box, this.#say(key)));
        return box;
      };
      const options = make("div", { class: "options" });
      this.#keepChoice = choice("keep_conversation", () => this.#keep());
      if (this.#stores) this.#storeChoice = choice("do_not_store", () => {});
      this.#fresh = make(
        "button",
        { type: "button", hidden: "", onclick: () => this.#forget() },
        this.#say("new_conversation"),
      );
      options.append(this.#fresh);
      return options;
    }

    #links() {
      const links = make("p", { class: "links" });
      if (this.#texts.pages_in_english) links.append(this.#say("pages_in_english"));
      for (const key of ["about", "privacy", "accessibility"]) links.append(this.#page(key, key));
      const licence = capital(this.#say("licence", { name: this.#codeLicence }));
      links.append(this.#link(new URL("licences", SERVICE).href, licence));
      links.append(this.#mail(this.#say("contact"), ""), this.#page("full_chat", ""));
      return links;
    }

    // A question and its answer

    async #ask(question) {
      if (this.#asking) return;
      this.#log.querySelectorAll("[data-failed]").forEach((failed) => failed.remove());
      const asking = (this.#asking = new AbortController());
      const late = setTimeout(() => asking.abort(new Error("late")), ANSWER_MILLISECONDS);
      const pending = make("div", { class: "answer" }, make("p", { class: "lead" }, this.#say("working")));
      const exchange = this.#exchange(question, pending);
      this.#wait(true);
      this.#entry.value = "";
      this.#entry.focus({ preventScroll: true });
      this.#ideas.remove();
      this.#reveal(exchange);
      try {
        const answer = await this.#answer(question, asking.signal, (statement) =>
          pending.append(make("p", { lang: "en" }, statement.text)),
        );
        this.#turns.push({ question, answer });
        pending.replaceWith(this.#article(answer, true));
        this.#suggest(exchange, "you_could_also_ask", answer.suggestions, "en");
        this.#announce(this.#spoken(answer), spokenLanguage(answer));
        this.#keep();
      } catch (error) {
        if (!this.#log.contains(exchange)) return; // a new conversation has begun
        if (error.name === "AbortError") { // taken out of the page, or moved within it
          exchange.remove();
          this.#entry.value ||= question;
          if (!this.#turns.length) this.#begin(this.#log);
          return;
        }
        exchange.dataset.failed = "";
        pending.replaceWith(make("p", { class: "warn answer", role: "alert" }, ...this.#failure(error)));
        this.#entry.value ||= question;
        if (!this.#turns.length) this.#begin(exchange);
      } finally {
        clearTimeout(late);
        if (this.#asking === asking) this.#wait(false);
        this.#reveal(exchange);
      }
    }

    async #answer(question, signal, onStatement) {
      const body = { question, history: this.#history() };
      if (this.#answerLanguage) body.language = this.#answerLanguage;
      if (this.#storeChoice?.checked) body.store = false;
      const response = await this.#call("embed/ask", body, signal);
      for await (const [name, data] of events(response.body)) {
        if (name === "statement") onStatement(data);
        if (name === "error") throw new Refusal(data);
        if (name === "answer") return data;
      }
      throw new Refusal({ status: 503 });
    }

    async #call(path, body, signal) {
      const response = await fetch(new URL(path, SERVICE), {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
        body: JSON.stringify(body),
        credentials: "omit",
        signal,
      });
      if (!response.ok) {
        throw new Refusal(await response.json(), Number(response.headers.get("Retry-After")));
      }
      return response;
    }

    #history() {
      return this.#turns.slice(-HISTORY_TURNS).flatMap(({ question, answer }) => [
        { role: "user", content: question.slice(0, HISTORY_CHARACTERS) },
        { role: "assistant", content: answer.text.slice(0, HISTORY_CHARACTERS) },
      ]);
    }

    /** What a visitor reads when there is no answer. */
    #failure(error) {
      if (error.status === 429) return [this.#say("too_many", { seconds: error.wait })];
      const busy = error.status === 503 && error.wait <= BUSY_SECONDS;
      if (busy || error.message === "late") return [this.#say("failed")];
      if (error.status < 500 && error.status !== 403) return [make("span", { lang: "en" }, error.message)];
      return this.#calm();
    }

    #wait(on) {
      if (!on) this.#asking = null;
      this.#fresh.hidden = !on && !this.#turns.length;
      this.#send.setAttribute("aria-disabled", on);
      this.#log.setAttribute("aria-busy", on);
    }

    /** Bring an exchange to the top of what scrolls; the page around stays where it is. */
    #reveal(exchange) {
      if (this.#mode !== "frame" && exchange.isConnected) this.#body.scrollTop = exchange.offsetTop - 8;
    }

    #exchange(question, reply) {
      const heading = make(
        `h${this.#heading + 1}`,
        { class: "question" },
        make("span", { class: "hidden" }, `${this.#say("your_question")}: `),
        question,
      );
      const exchange = make("div", { class: "exchange" }, heading, reply);
      this.#log.append(exchange);
      return exchange;
    }

    /** Offer questions below an exchange, or where the first one will stand. */
    #suggest(place, lead, questions, lang) {
      const items = questions.map((text) =>
        make("li", {}, make("button", { type: "button", lang, onclick: () => this.#ask(text) }, text)),
      );
      const words = make("p", { class: "lead" }, this.#say(lead));
      this.#ideas.replaceChildren(...(items.length ? [words, make("ul", {}, ...items)] : []));
      place.append(this.#ideas);
    }

    #begin(place) {
      const questions = this.#starts.length ? this.#starts : this.#texts.examples;
      this.#suggest(place, "for_example", questions, this.#code);
    }

    #forget() {
      this.#asking?.abort();
      this.#turns = [];
      this.#log.replaceChildren();
      this.#announce("");
      this.#wait(false);
      this.#keep();
      this.#begin(this.#log);
      this.#entry.focus();
    }

    // An answer as nodes

    #article(answer, ratable) {
      const article = make("article", {
        class: "answer",
        lang: answer.language,
        "data-generator": answer.generator,
        "data-generation": answer.generation,
        "data-created": answer.created,
        "data-automated": "true",
      });
      const open = (number) => {
        const source = article.querySelector(`details[data-number="${Number(number)}"]`);
        source.open = true;
        source.querySelector("summary").focus();
        source.scrollIntoView({ block: "nearest" });
      };
      article.append(...this.#statements(answer, open));
      for (const { text, citations } of answer.notices) {
        article.append(make("p", { class: "warn" }, text, ...this.#marks(citations, open)));
      }
      if (missing(answer).length) article.append(this.#missing(answer.missing));
      if (answer.topics.length) {
        const topics = answer.topics.map(({ url, title }) =>
          make("li", { lang: "en" }, this.#link(url, title)),
        );
        article.append(
          make("p", { class: "lead", lang: this.#code }, this.#say("nearest_topics")),
          make("ul", { class: "topics" }, ...topics),
        );
      }
      if (answer.citations.length) article.append(this.#sources(answer.citations));
      article.append(this.#foot(answer, article, ratable));
      return article;
    }

    /** Findings in paragraphs, recommendations in a list; what stands in a list in the text stays one. */
    #statements(answer, open) {
      if (!answer.statements.length) {
        return [make("p", { class: "pre" }, ...this.#withMail(answer.text, answer.question))];
      }
      const lang = ({ original }) => (original ? answer.language : "en"); // what is quoted is in English
      const nodes = [];
      const actions = [];
      for (const group of grouped(answer.statements)) {
        const marks = this.#marks(group[0].citations, open);
        if (group[0].kind === "recommendation") {
          const words = group.flatMap((one) => this.#words(one));
          actions.push(make("li", { lang: lang(group[0]) }, ...words, ...marks));
          continue;
        }
        let block;
        for (const one of group) {
          const tag = `\n${answer.text}`.includes(`\n- ${one.text}`) ? "UL" : "P";
          if (block?.tagName !== tag) nodes.push((block = make(tag, { lang: lang(one) })));
          if (tag === "UL") block.append(make("li", {}, ...this.#words(one)));
          else block.append(...this.#words(one));
        }
        (block.lastElementChild?.tagName === "LI" ? block.lastElementChild : block).append(...marks);
      }
      if (actions.length) {
        const heading = make(`h${this.#heading + 2}`, { lang: this.#code }, this.#say("recommendations"));
        nodes.push(heading, make("ul", {}, ...actions));
      }
      return nodes;
    }

    /** A statement, and beside a translation the sentence that was checked. */
    #words({ text, original }) {
      if (!original) return [`${text} `];
      return [`${text} `, make("span", { class: "original", lang: "en" }, `(${original}) `)];
    }

    #marks(numbers, open) {
      return numbers.map((number) =>
        make(
          "button",
          {
            type: "button",
            class: "mark",
            lang: this.#code,
            "aria-label": this.#say("source", { number }),
            onclick: () => open(number),
          },
          String(number),
        ),
      );
    }

    #missing(parts) {
      const items = parts.map((part) => make("li", {}, part));
      const lead = make("p", { lang: this.#code }, this.#say("no_source_covers"));
      return make("div", { class: "warn" }, lead, make("ul", {}, ...items));
    }

    #sources(citations) {
      const heading = make(`h${this.#heading + 2}`, { lang: this.#code }, this.#say("sources"));
      const list = citations.map((citation) => {
        const links = citation.sources.map((source) =>
          make(
            "li",
            {},
            this.#link(source.url, source.title),
            source.publisher ? ` · ${source.publisher}` : "",
          ),
        );
        return make(
          "details",
          { "data-number": citation.number, lang: "en" },
          make("summary", {}, make("strong", {}, `${citation.number} `), this.#place(citation)),
          make("blockquote", {}, citation.quote),
          make("p", { class: "meta", lang: this.#code }, this.#facts(citation).join(" · ")),
          make("ul", {}, ...links),
        );
      });
      return make("section", { class: "sources" }, heading, ...list);
    }

    #place({ title, section, page }) {
      const parts = [title, ...section.filter((heading) => heading !== title)];
      if (page) parts.push(this.#say("page", { number: page }));
      return parts.join(", ");
    }

    #facts({ as_of: date, wording, licence }) {
      const known = licence && licence !== "unknown";
      return [
        date ? this.#say("as_of", { date }) : this.#say("no_date"),
        this.#say(`wording_${wording}`),
        known ? this.#say("licence", { name: licence.replaceAll("-", " ") }) : this.#say("licence_unknown"),
      ];
    }

    #foot(answer, article, ratable) {
      const foot = make("div", { class: "foot", lang: this.#code });
      if (navigator.clipboard && window.ClipboardItem) foot.append(this.#copy(answer, article));
      if (ratable) foot.append(...this.#rating(answer));
      foot.append(
        this.#mail(this.#say("ask_secretariat"), answer.question),
        make("span", {}, this.#say("automated_answer")),
      );
      return foot;
    }

    #copy(answer, article) {
      const button = make("button", { type: "button" }, this.#say("copy"));
      button.addEventListener("click", async () => {
        const copied = article.cloneNode(true);
        copied.querySelectorAll("button").forEach((one) => one.remove());
        copied.querySelectorAll("details").forEach((one) => (one.open = true));
        const blob = (text, type) => new Blob([text], { type });
        const item = new ClipboardItem({
          "text/plain": blob(this.#plain(answer), "text/plain"),
          "text/html": blob(copied.outerHTML, "text/html"),
        });
        try {
          await navigator.clipboard.write([item]);
          button.textContent = this.#say("copied");
          this.#announce(button.textContent);
          setTimeout(() => (button.textContent = this.#say("copy")), COPIED_MILLISECONDS);
        } catch {
          window.getSelection().selectAllChildren(article); // not allowed: at least Ctrl+C copies it
        }
      });
      return button;
    }

    #rating(answer) {
      const said = make("span");
      const buttons = ["helped", "did_not_help"].map((key, place) =>
        make(
          "button",
          { type: "button", "aria-pressed": false, onclick: () => rate(place === 0) },
          this.#say(key),
        ),
      );
      let done = false;
      const rate = async (useful) => {
        if (done) return;
        done = true;
        try {
          await this.#call("embed/feedback", { answer_id: answer.id, useful });
          buttons[useful ? 0 : 1].setAttribute("aria-pressed", true);
          buttons.forEach((button) => button.setAttribute("aria-disabled", true));
          said.textContent = this.#say("thanks");
        } catch (error) {
          done = false;
          said.replaceChildren(...this.#failure(error));
        }
        this.#announce(said.textContent);
      };
      return [...buttons, said];
    }

    // An answer as text

    /** What is read out once when the answer is there. */
    #spoken(answer) {
      const told = answer.statements.map((statement) => statement.text);
      if (!told.length) told.push(answer.text);
      told.push(...answer.notices.map((notice) => notice.text));
      if (missing(answer).length) told.push(this.#say("no_source_covers"), ...answer.missing);
      return told.join(" ");
    }

    /** What is copied as plain text. */
    #plain(answer) {
      const marks = (numbers) => numbers.map((number) => ` [${number}]`).join("");
      const blocks = answer.statements.map(({ text, citations }) => text + marks(citations));
      if (!blocks.length) blocks.push(answer.text);
      for (const { text, citations } of answer.notices) {
        blocks.push(`${this.#say("note")} ${text}${marks(citations)}`);
      }
      if (missing(answer).length) {
        blocks.push([this.#say("no_source_covers"), ...answer.missing.map((part) => `- ${part}`)].join("\n"));
      }
      if (answer.citations.length) {
        const lines = answer.citations.map((citation) => {
          const origin = citation.sources.map(({ title, publisher, url }) =>
            [title, publisher, url].filter(Boolean).join(", "),
          );
          const place = `[${citation.number}] ${this.#place(citation)}`;
          return `${place} (${this.#facts(citation).join(", ")}). ${origin.join("; ")}`;
        });
        blocks.push([this.#say("sources"), ...lines].join("\n"));
      }
      const { generation, generator, created } = answer;
      const mark = Object.entries({ automated: true, generation, generator, created })
        .map(([name, value]) => `${name}=${value}`);
      blocks.push(`${this.#say("automated_answer")}\n[${mark.join("; ")}]`);
      return blocks.join("\n\n");
    }

    // Keeping a conversation, only where the visitor asks for it

    #keep() {
      try {
        // What has been taken away, in another tab too, is not put back.
        if (this.#kept && localStorage.getItem(NAME) === null) this.#keepChoice.checked = false;
        this.#kept = this.#keepChoice.checked;
        if (this.#kept) {
          localStorage.setItem(NAME, JSON.stringify(this.#turns.slice(-MOST_KEPT)));
        } else localStorage.removeItem(NAME);
      } catch {
        this.#keepChoice.checked = false; // storage is full, or not allowed here
      }
    }

    #restore() {
      try {
        const kept = JSON.parse(localStorage.getItem(NAME));
        if (!kept) return;
        for (const turn of kept) this.#exchange(turn.question, this.#article(turn.answer, false));
        this.#turns = kept;
        this.#kept = this.#keepChoice.checked = true;
        this.#fresh.hidden = !kept.length;
        if (kept.length) {
          const last = this.#log.lastElementChild;
          this.#suggest(last, "you_could_also_ask", kept.at(-1).answer.suggestions, "en");
          this.#reveal(last);
        }
      } catch {
        this.#log.replaceChildren(); // not what was kept here; nothing is shown of it
        this.#turns = [];
      }
    }

    // Small pieces

    #announce(text, lang = this.#code) {
      this.#live.lang = lang;
      this.#live.textContent = text;
    }

    #say(key, values = {}) {
      return this.#texts[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
    }

    #calm() {
      return [`${this.#say("paused")} `, this.#mail(this.#contact, "")];
    }

    /** A text with the secretariat's address in it as a link. */
    #withMail(text, question) {
      const [first, ...rest] = text.split(this.#contact);
      return [first, ...rest.flatMap((part) => [this.#mail(this.#contact, question), part])];
    }

    #mail(label, question) {
      const subject = this.#texts.contact_subject;
      const query = question
        ? `?subject=${encodeURIComponent(subject)}&body=${encodeURIComponent(question)}`
        : "";
      return make("a", { href: `mailto:${this.#contact}${query}`, target: "_top" }, label);
    }

    #page(key, path) {
      return this.#link(new URL(path, SERVICE).href, this.#say(key));
    }

    /** A link that opens outside; anything but http(s) stays text. */
    #link(url, label) {
      if (!/^https?:\/\//.test(url)) return label;
      return make(
        "a",
        { href: url, target: "_blank", rel: "noopener noreferrer" },
        label,
        make("span", { class: "hidden", lang: this.#code }, ` (${this.#say("opens_in_new_tab")})`),
      );
    }
  }

  customElements.define(NAME, PartnershipAssistant);
})();
