/* Puts CKEditor in place of a rich-text textarea on wide screens; on phones the textarea stays what it is.
 *
 * Everything works without this file. It listens to nothing but its own boxes ([data-richtext-box]) and fires an
 * ordinary "input" event on the textarea for every change, so that an autosave needs to know one event only.
 *
 *   richtext.value(textarea)        what is written now, in the format of the next line
 *   richtext.format(textarea)       "text" or "html"
 *   richtext.set(textarea, value, format)   put a saved text back
 */
(function () {
  "use strict";

  var loading = null;

  function part(textarea, name) {
    var box = textarea.closest("[data-richtext-box]");
    return box ? box.querySelector("[data-richtext-" + name + "]") : null;
  }

  function editorOf(textarea) {
    return window.CKEDITOR && window.CKEDITOR.instances ? window.CKEDITOR.instances[textarea.id] : undefined;
  }

  function wide() {
    return window.matchMedia("(min-width: 768px)").matches && !window.matchMedia("(pointer: coarse)").matches;
  }

  function paragraphs(text) {
    var holder = document.createElement("div");
    text.split(/\r?\n/).forEach(function (line) {
      if (line.trim()) {
        var paragraph = document.createElement("p");
        paragraph.textContent = line.trim();
        holder.appendChild(paragraph);
      }
    });
    return holder.innerHTML;
  }

  /* Formatted text as a phone's textarea shows it: one line for each paragraph. Parsed without being run. */
  function words(html) {
    var body = new DOMParser().parseFromString(html, "text/html").body;
    body.querySelectorAll("p, br, li, h2, h3, h4, tr, blockquote, figcaption").forEach(function (block) {
      block.after("\n");
    });
    return body.textContent.replace(/\n\s*\n/g, "\n").trim();
  }

  function changed(textarea) {
    textarea.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function load(box) {
    if (!loading) {
      loading = new Promise(function (resolve, reject) {
        // With hashed file names the editor can't find its own folder, so it is told.
        window.CKEDITOR_BASEPATH = box.dataset.editorBase;
        var script = document.createElement("script");
        script.src = box.dataset.editor;
        script.onload = resolve;
        script.onerror = reject;
        document.head.appendChild(script);
      });
    }
    return loading;
  }

  function config(box, textarea) {
    var settings = JSON.parse(box.dataset.config);
    var url = textarea.dataset.uploadUrl;
    if (url) {
      var token = textarea.form && textarea.form.querySelector("[name=csrfmiddlewaretoken]");
      settings.uploadUrl = url;
      settings.imageUploadUrl = url;
      settings.filebrowserImageUploadUrl = url;
      settings.filebrowserUploadMethod = "xhr";
      settings.fileTools_requestHeaders = { "X-CSRFToken": token ? token.value : "" };
    }
    return settings;
  }

  /* The textarea's content as HTML: what is stored when nobody touched it, else what was typed meanwhile. */
  function toHtml(textarea) {
    var format = part(textarea, "format");
    if (format.value !== "html") {
      var untouched = textarea.value === textarea.defaultValue;
      textarea.value = untouched ? part(textarea, "html").value : paragraphs(textarea.value);
      format.value = "html";
    }
  }

  function startEditor(box, textarea) {
    load(box).then(function () {
      if (!window.CKEDITOR || !window.CKEDITOR.env.isCompatible || editorOf(textarea)) {
        return;
      }
      var label = textarea.labels && textarea.labels[0];
      var notice = box.querySelector("[data-richtext-notice]");
      toHtml(textarea);
      if (notice) {
        notice.hidden = true;
      }
      // A hidden required field can't be focused, and the browser would refuse to submit without a word.
      textarea.required = false;
      textarea.removeAttribute("maxlength");
      var settings = config(box, textarea);
      if (label) {
        settings.title = label.textContent.trim();
      }
      var editor = window.CKEDITOR.replace(textarea, settings);
      var pause = null;
      function follow() {
        window.clearTimeout(pause);
        pause = window.setTimeout(function () {
          if (editor.status === "ready") {
            editor.updateElement();
            changed(textarea);
          }
        }, 200);
      }
      editor.on("change", follow);
      editor.on("contentDom", function () {
        // CKEditor's own "change" comes late or never for what a Chinese input method writes.
        editor.editable().attachListener(editor.editable(), "input", follow);
      });
      editor.on("blur", function () {
        textarea.dispatchEvent(new Event("change", { bubbles: true }));
      });
    }, function () {
      loading = null; // the plain textarea stays, and nothing is lost
    });
  }

  /* A phone shows formatted text as it reads, and asks before it becomes plain. */
  function startPlain(box, textarea) {
    var rendered = box.querySelector("[data-richtext-rendered]");
    var notice = box.querySelector("[data-richtext-notice]");
    if (!rendered || textarea.value !== textarea.defaultValue) {
      return;
    }
    rendered.hidden = false;
    textarea.hidden = true;
    if (notice) {
      notice.hidden = true;
    }
    box.querySelector("[data-richtext-plain]").addEventListener("click", function () {
      rendered.hidden = true;
      textarea.hidden = false;
      textarea.focus();
    });
  }

  function start(root) {
    root.querySelectorAll("[data-richtext-box]").forEach(function (box) {
      var textarea = box.querySelector("textarea[data-richtext]");
      if (!textarea || textarea.disabled || textarea.readOnly || box.dataset.started) {
        return;
      }
      box.dataset.started = "yes";
      if (wide()) {
        startEditor(box, textarea);
      } else {
        startPlain(box, textarea);
      }
    });
  }

  window.richtext = {
    value: function (textarea) {
      var editor = editorOf(textarea);
      return editor ? editor.getData() : textarea.value;
    },
    format: function (textarea) {
      var format = part(textarea, "format");
      return format ? format.value : "text";
    },
    set: function (textarea, value, format) {
      var editor = editorOf(textarea);
      if (editor) {
        editor.setData(format === "html" ? value : paragraphs(value));
        return;
      }
      var mark = part(textarea, "format");
      var asHtml = format === "html" && mark && wide(); // the editor is still on its way and takes it over
      if (mark) {
        mark.value = asHtml ? "html" : "text";
      }
      textarea.value = format === "html" && !asHtml ? words(value) : value;
      changed(textarea);
    },
  };

  function begin() {
    start(document);
    document.body.addEventListener("htmx:load", function (event) {
      start(event.target);
    });
  }

  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", begin);
  } else {
    begin();
  }
})();
