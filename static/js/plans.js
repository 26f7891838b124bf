/* The panel of counted pieces beside the matrix: takes the focus when it opens, gives it back when it closes. */
(function () {
  "use strict";

  var panel = document.getElementById("pieces");
  var opener = null;
  if (!panel) {
    return;
  }

  function close() {
    panel.replaceChildren();
    if (opener) {
      opener.focus();
    }
  }

  document.querySelectorAll("[data-pieces-table]").forEach(function (table) {
    table.addEventListener("click", function (event) {
      var link = event.target.closest("td a");
      // With a modifier key the person wants the page in a new tab; without htmx the link is an ordinary one.
      if (!link || !window.htmx || event.ctrlKey || event.metaKey || event.shiftKey) {
        return;
      }
      event.preventDefault();
      opener = link;
      window.htmx.ajax("GET", link.href, { target: panel, swap: "innerHTML" });
    });
  });
  document.body.addEventListener("htmx:afterSwap", function (event) {
    var title = event.detail.target === panel && panel.querySelector("[data-pieces-title]");
    if (title) {
      title.focus();
    }
  });
  panel.addEventListener("click", function (event) {
    if (event.target.closest("[data-pieces-close]")) {
      event.preventDefault();
      close();
    }
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && panel.firstElementChild) {
      close();
    }
  });
})();
