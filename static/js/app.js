/* What every page may use. Each part looks for its own data attribute and does nothing without it;
   pages work without this file. Written for Chrome 109 and the browser inside WeChat. */
(function () {
  "use strict";
  var doc = document;
  doc.documentElement.classList.add("js");
  var wordsBlock = doc.getElementById("ui-words");
  var words = wordsBlock ? JSON.parse(wordsBlock.textContent) : {};

  function each(root, selector, call) {
    if (root.nodeType === 1 && root.matches(selector)) { call(root); }
    Array.prototype.forEach.call(root.querySelectorAll(selector), call);
  }

  function make(tag, className, text) {
    var node = doc.createElement(tag);
    if (className) { node.className = className; }
    if (text) { node.textContent = text; }
    return node;
  }

  /* --- short messages ------------------------------------------------------------------------------------- */
  function toast(text, tone) {
    var box = doc.getElementById("toasts");
    if (!box || !text) { return; }
    var line = make("div", "toast-line" + (tone ? " " + tone : ""), text);
    box.appendChild(line);
    setTimeout(function () { line.remove(); }, 6000);
  }

  /* --- dialogs -------------------------------------------------------------------------------------------- */
  function openDialog(content, onClose) {
    var dialog = make("dialog", "ask");
    dialog.setAttribute("aria-label", words.sure || "");
    dialog.appendChild(content);
    doc.body.appendChild(dialog);
    dialog.addEventListener("close", function () {
      if (onClose) { onClose(); }
      dialog.remove();
    });
    dialog.addEventListener("click", function (event) {
      if (event.target === dialog || event.target.closest("[data-close]")) { dialog.close(); }
    });
    dialog.showModal();
    return dialog;
  }

  /* {% confirm %}: without this script its <details> opens in place; with it the panel becomes a dialog. */
  function upgradeConfirm(details) {
    var summary = details.querySelector("summary");
    var panel = details.querySelector(".confirm-panel");
    if (!summary || !panel || !window.HTMLDialogElement) { return; }
    summary.setAttribute("role", "button");
    summary.addEventListener("click", function (event) {
      event.preventDefault();
      openDialog(panel, function () {
        details.appendChild(panel);
        summary.focus();
      });
      var first = panel.querySelector("textarea, input:not([type=hidden]), select, button[type=submit]");
      if (first) { first.focus(); }
    });
  }

  /* hx-confirm, and <form data-ask="…">, in a dialog of ours rather than the browser's. */
  function ask(question, onYes) {
    var panel = make("div");
    var buttons = make("div", "confirm-buttons");
    var no = make("button", "btn btn-plain", words.cancel);
    var yes = make("button", "btn btn-primary", words.confirm);
    no.type = yes.type = "button";
    no.setAttribute("data-close", "");
    panel.appendChild(make("p", "confirm-title", question));
    buttons.appendChild(no);
    buttons.appendChild(yes);
    panel.appendChild(buttons);
    var dialog = openDialog(panel);
    yes.addEventListener("click", function () { dialog.close(); onYes(); });
    yes.focus();
  }

  doc.addEventListener("htmx:confirm", function (event) {
    if (!event.detail.question) { return; }
    event.preventDefault();
    ask(event.detail.question, function () { event.detail.issueRequest(true); });
  });

  doc.addEventListener("submit", function (event) {
    var form = event.target;
    var question = form.getAttribute("data-ask");
    if (!question || form.hasAttribute("data-asked")) { return; }
    event.preventDefault();
    var button = event.submitter;
    ask(question, function () {
      form.setAttribute("data-asked", "");
      if (form.requestSubmit) { form.requestSubmit(button || undefined); } else { form.submit(); }
    });
  });

  /* --- a second press of a submit button does nothing -------------------------------------------------------- */
  doc.addEventListener("submit", function (event) {
    var form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("data-many")) { return; }
    if (form.hasAttribute("data-sent")) { event.preventDefault(); return; }
    form.setAttribute("data-sent", "");
    setTimeout(function () { form.removeAttribute("data-sent"); form.removeAttribute("data-asked"); }, 4000);
  });

  /* --- menus close on Escape and on a click elsewhere ----------------------------------------------------------- */
  doc.addEventListener("click", function (event) {
    each(doc, "details[data-menu][open]", function (menu) {
      if (!menu.contains(event.target)) { menu.open = false; }
    });
    var dismiss = event.target.closest && event.target.closest("[data-dismiss]");
    if (dismiss && dismiss.closest(".alert")) { dismiss.closest(".alert").remove(); }
    var print = event.target.closest && event.target.closest("[data-print]");
    if (print) { window.print(); }
  });
  doc.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") { return; }
    each(doc, "details[data-menu][open]", function (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });

  /* --- forms ------------------------------------------------------------------------------------------------------ */
  function autosize(area) {
    function fit() {
      area.style.height = "auto";
      area.style.height = area.scrollHeight + 2 + "px";
    }
    area.addEventListener("input", fit);
    fit();
  }

  function submitOnChange(control) {
    control.addEventListener("change", function () {
      if (control.form.requestSubmit) { control.form.requestSubmit(); } else { control.form.submit(); }
    });
  }

  /* <form data-unsaved>: leaving with changes asks first. A script that saves removes the mark:
     form.removeAttribute("data-changed"). */
  function guardUnsaved(form) {
    form.addEventListener("input", function () { form.setAttribute("data-changed", ""); });
    form.addEventListener("submit", function () { form.removeAttribute("data-changed"); });
  }
  window.addEventListener("beforeunload", function (event) {
    if (doc.querySelector("form[data-unsaved][data-changed]")) {
      event.preventDefault();
      event.returnValue = words.unsaved || "";
    }
  });

  function searchable(select) {
    if (!window.TomSelect || select.tomselect) { return; }
    new window.TomSelect(select, {
      create: false,
      maxOptions: 500,
      plugins: select.multiple ? ["remove_button"] : [],
      render: {
        no_results: function () { return make("div", "no-results", words.noMatch); }
      }
    });
    // The label now belongs to tom-select's own box; the select behind it only carries the value.
    select.setAttribute("aria-hidden", "true");
  }

  /* A table wider than its box says so; one that fits lets its heading stick to the window. */
  function hintScroll(box) {
    var hint = make("p", "scroll-hint", words.scroll);
    hint.setAttribute("aria-hidden", "true");
    box.insertAdjacentElement("afterend", hint);
    function look() {
      var fits = box.scrollWidth <= box.clientWidth + 1;
      var tall = box.classList.contains("table-tall");
      hint.hidden = fits;
      box.classList.toggle("fits", fits && !tall);
      if (fits && !tall) { box.removeAttribute("tabindex"); } else { box.tabIndex = 0; }
    }
    look();
    window.addEventListener("resize", look);
  }

  /* <button data-copy="#id"> copies the text of an element. */
  doc.addEventListener("click", function (event) {
    var button = event.target.closest && event.target.closest("[data-copy]");
    if (!button || !navigator.clipboard) { return; }
    var source = doc.querySelector(button.getAttribute("data-copy"));
    navigator.clipboard.writeText(source.value || source.textContent.trim()).then(function () {
      toast(words.copied);
    });
  });

  function prepare(root) {
    each(root, "details[data-confirm]", upgradeConfirm);
    each(root, "textarea[data-autosize]", autosize);
    each(root, "form[data-unsaved]", guardUnsaved);
    each(root, "select[data-search]", searchable);
    each(root, "[data-submit-on-change]", submitOnChange);
    each(root, ".table-scroll", hintScroll);
  }
  prepare(doc.body);
  doc.addEventListener("htmx:load", function (event) {
    if (event.detail.elt !== doc.body) { prepare(event.detail.elt); }
  });

  /* --- what went wrong with a request -------------------------------------------------------------------------------- */
  doc.addEventListener("htmx:sendError", function () { toast(words.offline, "bad"); });
  doc.addEventListener("htmx:responseError", function (event) {
    var status = event.detail.xhr.status;
    toast(status === 401 || status === 403 ? words.expired : words.failed, "bad");
  });

  window.ui = { toast: toast, ask: ask, words: words, prepare: prepare };
})();
