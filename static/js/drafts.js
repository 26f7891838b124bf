/* The writing form: autosave within two seconds of a pause, a copy on this device until the server has it,
 * pictures and co-authors without leaving the page. The form works without this file; this only spares work.
 */
(function () {
  "use strict";
  var PAUSE = 1200; // ms without a keystroke before saving
  var LONGEST = 10000; // ms of typing without a pause before saving anyway
  var RETRY = 8000;
  var store = null;
  try { store = window.localStorage; store.setItem("draft-probe", "1"); store.removeItem("draft-probe"); } catch (error) { store = null; }

  forgetDelivered();
  var form = document.querySelector("form[data-draft]");
  if (!form) { return; }
  var words = JSON.parse(document.getElementById("draft-words").textContent);
  var prefix = "draft:" + form.dataset.person + ":";
  var body = form.querySelector("textarea[name=body]");
  var status = document.querySelector("[data-save-state]");
  var problem = document.querySelector("[data-save-problem]");
  var dirty = false, saving = null, timer = null, localTimer = null, firstUnsaved = 0, edits = 0, leaving = false, blocked = false;

  function field(name) { return form.elements[name]; }
  function fill(sentence, value) { return sentence.replace("%s", value); }
  function clock() { var now = new Date(); return ("0" + now.getHours()).slice(-2) + ":" + ("0" + now.getMinutes()).slice(-2); }

  function say(text, tone) {
    if (!status) { return; }
    status.textContent = text;
    status.className = "save-state" + (tone ? " " + tone : "");
  }

  function trouble(text, options) {
    var wanted = options || {};
    problem.hidden = !text;
    problem.querySelector("[data-problem-text]").textContent = text || "";
    var compare = problem.querySelector("[data-problem-compare]");
    compare.hidden = !wanted.compare;
    compare.textContent = words.compare;
    var signIn = problem.querySelector("[data-problem-sign-in]");
    signIn.hidden = !wanted.signIn;
    signIn.textContent = words.signIn;
    signIn.href = signIn.pathname + "?next=" + encodeURIComponent(window.location.pathname);
  }

  /* --- the copy on this device ------------------------------------------------------------------------------ */
  function snapshot() {
    var fields = {};
    ["title", "category", "genre", "event_on", "part", "department"].forEach(function (name) {
      if (field(name)) { fields[name] = field(name).value; }
    });
    return {
      at: Date.now(), version: field("version").value, path: window.location.pathname, key: field("form_key").value,
      fields: fields, body: window.richtext ? window.richtext.value(body) : body.value,
      format: window.richtext ? window.richtext.format(body) : "text"
    };
  }
  function keepLocal() {
    clearTimeout(localTimer);
    if (!store || !dirty) { return false; }
    try { store.setItem(prefix + field("form_key").value, JSON.stringify(snapshot())); return true; } catch (error) { return false; }
  }
  function dropLocal(key) { if (store) { store.removeItem(prefix + (key || field("form_key").value)); } }
  function copies() {
    var found = [];
    for (var i = 0; store && i < store.length; i += 1) {
      var name = store.key(i);
      if (name.indexOf(prefix) === 0) {
        try { found.push(JSON.parse(store.getItem(name))); } catch (error) { /* not ours to read */ }
      }
    }
    return found.sort(function (a, b) { return b.at - a.at; });
  }
  /* A piece's own page says up to when its text is safe on the server. */
  function forgetDelivered() {
    var mark = document.querySelector("[data-draft-delivered]");
    if (!store || !mark) { return; }
    var name = "draft:" + mark.dataset.person + ":" + mark.dataset.draftDelivered;
    var copy = store.getItem(name);
    if (copy && JSON.parse(copy).at <= Number(mark.dataset.until) * 1000 + 5000) { store.removeItem(name); }
  }
  function plain(text, format) {
    if (format !== "html") { return text.replace(/\s+/g, ""); }
    var holder = new DOMParser().parseFromString(text, "text/html");
    return holder.body.textContent.replace(/\s+/g, "");
  }
  function sameAsForm(copy) {
    var here = snapshot();
    // Formatted text is served in two ways: as HTML, and as the plain lines a phone edits.
    var stored = form.querySelector("[data-richtext-html]");
    var words = plain(copy.body, copy.format);
    var same = words === plain(here.body, here.format) || (stored && words === plain(stored.value, "html"));
    return same &&
      Object.keys(copy.fields).every(function (name) { return !(name in here.fields) || here.fields[name] === copy.fields[name]; });
  }
  function offer() {
    if (form.hasAttribute("data-unsent")) { dirty = true; return; }
    var own = field("form_key").value;
    var isNew = field("version").value === "0";
    var copy = copies().filter(function (one) { return one.key === own || isNew; })[0];
    if (!copy) { return; }
    if (copy.key === own && sameAsForm(copy)) { dropLocal(); return; }
    if (!copy.fields.title && !plain(copy.body, copy.format)) { dropLocal(copy.key); return; }
    var box = document.querySelector("[data-local-copy]");
    var when = new Date(copy.at);
    var time = (when.getMonth() + 1) + "-" + when.getDate() + " " + ("0" + when.getHours()).slice(-2) + ":" + ("0" + when.getMinutes()).slice(-2);
    box.querySelector("[data-local-text]").textContent = words.found
      .replace("%(title)s", copy.fields.title || words.untitled).replace("%(time)s", time);
    var yes = box.querySelector("[data-local-restore]"), no = box.querySelector("[data-local-drop]");
    yes.textContent = words.restore;
    no.textContent = words.drop;
    yes.addEventListener("click", function () { box.hidden = true; restore(copy); });
    no.addEventListener("click", function () { box.hidden = true; dropLocal(copy.key); });
    box.hidden = false;
  }
  function restore(copy) {
    var own = field("form_key").value;
    if (copy.key !== own && copy.version !== "0") { window.location.assign(copy.path); return; }
    Object.keys(copy.fields).forEach(function (name) { if (field(name)) { field(name).value = copy.fields[name]; } });
    if (copy.key !== own) {
      field("form_key").value = copy.key;
      form.dataset.picture = form.dataset.picture.replace(own, copy.key);
      if (body.dataset.uploadUrl) { body.dataset.uploadUrl = body.dataset.uploadUrl.replace(own, copy.key); }
    }
    if (window.richtext) { window.richtext.set(body, copy.body, copy.format); } else { body.value = copy.body; }
    showPart();
    changed();
  }

  /* --- saving ------------------------------------------------------------------------------------------------- */
  function changed() {
    dirty = true;
    edits += 1;
    if (!firstUnsaved) { firstUnsaved = Date.now(); }
    countCharacters();
    clearTimeout(localTimer);
    localTimer = setTimeout(keepLocal, 300);
    schedule(Date.now() - firstUnsaved > LONGEST ? 0 : PAUSE);
  }
  function schedule(wait) {
    clearTimeout(timer);
    if (!blocked) { timer = setTimeout(save, wait); }
  }
  function content() {
    var data = new FormData(form);
    data.delete("picture");
    data.set("body", window.richtext ? window.richtext.value(body) : body.value);
    return data;
  }
  function save() {
    clearTimeout(timer);
    if (saving) { return saving.then(function () { return dirty && !blocked ? save() : undefined; }); }
    if (!dirty || leaving) { return Promise.resolve(); }
    var at = edits;
    say(words.saving, "waiting");
    saving = fetch(form.dataset.autosave, { method: "POST", body: content(), credentials: "same-origin", redirect: "manual" })
      .then(function (response) { return answer(response, at); }, function () { return failed(words.offline); })
      .then(function () { saving = null; });
    return saving;
  }
  function answer(response, at) {
    var isJson = (response.headers.get("content-type") || "").indexOf("json") > -1;
    if (!isJson) { return failed(response.status >= 500 ? words.offline : words.expired, response.status < 500); }
    return response.json().then(function (data) {
      if (response.ok) { return saved(data, at); }
      if (response.status === 401) { return failed(words.expired, true); }
      keepLocal();
      blocked = true;
      say(fill(words.local, clock()), "local");
      trouble(data.error, { compare: response.status === 409 });
      return undefined;
    });
  }
  function saved(data, at) {
    trouble("");
    if (!data.version) { say(""); dirty = edits !== at; return; }
    field("version").value = data.version;
    if (data.url && form.action !== new URL(data.url, window.location.href).href) {
      form.action = data.url;
      window.history.replaceState(null, "", data.url);
    }
    say(fill(words.saved, data.saved_at));
    showState(data);
    if (edits === at) { dirty = false; firstUnsaved = 0; dropLocal(); } else { schedule(PAUSE); }
  }
  function failed(sentence, signedOut) {
    var kept = keepLocal();
    say(kept ? fill(words.local, clock()) : "", "local");
    trouble(sentence, { signIn: signedOut });
    if (!signedOut) { schedule(RETRY); }
  }
  function showState(data) {
    var list = document.querySelector("[data-missing]");
    var box = document.querySelector("[data-missing-box]");
    if (!list || !data.missing) { return; }
    list.textContent = "";
    (data.missing.length ? data.missing : [words.ready]).forEach(function (sentence) {
      var line = document.createElement("li");
      line.textContent = sentence;
      if (!data.missing.length) { line.className = "text-good"; }
      list.appendChild(line);
    });
    box.hidden = false;
    box.classList.toggle("card-warn", data.missing.length > 0);
    document.querySelector("[data-route]").textContent = data.route;
  }
  function countCharacters() {
    var format = window.richtext ? window.richtext.format(body) : "text";
    var text = plain(window.richtext ? window.richtext.value(body) : body.value, format);
    document.querySelector("[data-length]").textContent = fill(words.characters, Array.from(text).length);
  }

  form.addEventListener("input", function (event) {
    if (event.target.name && event.target.name !== "author_words" && event.target.type !== "file") { changed(); }
  });
  form.addEventListener("change", function (event) {
    if (event.target.name === "category") { showPart(); }
    if (event.target.name && event.target.name !== "author_words" && event.target.type !== "file" && event.target !== body) { changed(); }
  });
  document.addEventListener("visibilitychange", function () {
    if (document.visibilityState === "hidden" && dirty) { keepLocal(); if (!blocked) { save(); } }
  });
  window.addEventListener("pagehide", function () { if (dirty && !leaving) { keepLocal(); } });
  window.addEventListener("online", function () { if (dirty && !blocked) { save(); } });

  /* A button waits for a save on its way, so that the form goes out with the right version. */
  var pressed = null; // some phone browsers don't say which button submitted the form
  form.addEventListener("click", function (event) { pressed = event.target.closest("button[type=submit]") || pressed; });
  form.addEventListener("submit", function (event) {
    dirty = true;
    keepLocal();
    clearTimeout(timer);
    if (saving && form.requestSubmit) {
      var button = event.submitter || pressed;
      event.preventDefault();
      blocked = true;
      saving.then(function () { form.requestSubmit(button || undefined); });
      return;
    }
    leaving = true;
    setTimeout(function () { leaving = false; blocked = false; }, 8000);
  });
  var drop = document.querySelector("[data-drop-local]");
  if (drop) { drop.addEventListener("click", function () { leaving = true; dirty = false; dropLocal(); }); }

  /* --- pictures, one at a time ----------------------------------------------------------------------------------- */
  var gallery = document.querySelector("[data-gallery]");
  var picker = document.getElementById("new-picture");
  if (picker && window.FormData) {
    picker.addEventListener("change", function () {
      if (!picker.files.length) { return; }
      var file = picker.files[0];
      picker.disabled = true;
      say(words.uploading, "waiting");
      // The captions typed so far are in the form: they are saved before the gallery is drawn anew.
      save().then(function () {
        var data = new FormData();
        data.set("csrfmiddlewaretoken", field("csrfmiddlewaretoken").value);
        data.set("picture", file);
        return fetch(form.dataset.picture, { method: "POST", body: data, credentials: "same-origin" });
      }).then(showGallery).catch(function () {
        window.ui.toast(words.pictureFailed, "bad");
        say("");
      }).then(function () { picker.disabled = false; picker.value = ""; });
    });
  }
  function showGallery(response) {
    if ((response.headers.get("content-type") || "").indexOf("json") > -1) {
      return response.json().then(function (data) { window.ui.toast(data.error, "bad"); say(data.error, "local"); });
    }
    if (!response.ok || response.redirected) { throw new Error("refused"); }
    return response.text().then(function (html) {
      gallery.innerHTML = html; // our own template's answer
      document.querySelector("[data-picture-count]").textContent = gallery.querySelector("[data-count]").dataset.count;
      if (field("version").value === "0") {
        field("version").value = response.headers.get("X-Draft-Version");
        form.action = response.headers.get("X-Draft-Url");
        window.history.replaceState(null, "", form.action);
      }
      say("");
    });
  }

  /* --- co-authors: suggestions while typing -------------------------------------------------------------------------- */
  var asking = null;
  var authorField = document.getElementById("author-words");
  if (authorField) {
    authorField.addEventListener("input", function () {
      clearTimeout(asking);
      var typed = authorField.value.trim();
      if (!typed || typed.indexOf("（") > -1) { return; }
      asking = setTimeout(function () {
        fetch(form.dataset.people + "?q=" + encodeURIComponent(typed), { credentials: "same-origin" })
          .then(function (response) { return response.json(); })
          .then(suggest)
          .catch(function () { /* typing the whole name works as well */ });
      }, 250);
    });
  }
  function suggest(data) {
    var list = document.getElementById("author-suggestions");
    list.textContent = "";
    data.people.forEach(function (person) {
      var option = document.createElement("option");
      option.value = person.value;
      option.label = person.note;
      list.appendChild(option);
    });
  }

  /* The part of a target is asked only where the chosen category has parts. */
  function showPart() {
    var box = document.querySelector("[data-part]");
    if (!box) { return; }
    var categories = box.querySelector("select").dataset.categories.split(",");
    box.hidden = categories.indexOf(field("category").value) < 0;
  }

  showPart();
  offer();
})();
