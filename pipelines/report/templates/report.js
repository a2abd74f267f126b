"use strict";
(function () {
  var radios = Array.prototype.slice.call(document.querySelectorAll("input[name=language]"));
  var known = radios.map(function (one) { return one.value; });
  function show(language) {
    radios.forEach(function (one) { one.checked = one.value === language; });
    document.documentElement.lang = language;
    document.title = document.getElementById("main-" + language).getAttribute("data-title");
  }
  function wanted() {
    var named = location.hash.slice(1).split("-")[0];
    var asked = [named].concat(navigator.languages || [navigator.language || ""]);
    for (var place = 0; place < asked.length; place += 1) {
      var short = String(asked[place]).toLowerCase().split("-")[0];
      if (known.indexOf(short) >= 0) { return short; }
    }
    return document.documentElement.lang;
  }
  radios.forEach(function (one) {
    one.addEventListener("change", function () { show(one.value); });
  });
  window.addEventListener("hashchange", function () {
    var named = location.hash.slice(1).split("-")[0];
    if (known.indexOf(named) >= 0) { show(named); }
  });
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details:not([open])").forEach(function (one) {
      one.open = true;
      one.setAttribute("data-shut", "");
    });
  });
  window.addEventListener("afterprint", function () {
    document.querySelectorAll("details[data-shut]").forEach(function (one) {
      one.open = false;
      one.removeAttribute("data-shut");
    });
  });
  show(wanted());
})();
