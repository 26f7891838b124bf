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

  document.body.addEventListener("htmx:beforeRequest", function (event) {
    if (event.detail.target === panel) {
      opener = event.detail.elt;
    }
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
