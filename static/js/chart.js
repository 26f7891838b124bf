/* Charts: <div data-chart="ID"> takes its ECharts option from the JSON block with that id.
   Include it with ECharts: {% block js %}{% chart_scripts %}{% endblock %}. Tooltips are drawn on the canvas
   (richText), since the page's security policy forbids style attributes inside HTML. */
(function () {
  "use strict";
  var colours = ["#0b6e6e", "#5aa9a3", "#dba143", "#b3c2cc", "#7c8fb5", "#b5705f"];
  var ink = "#4b525b";

  function merge(base, extra) {
    Object.keys(extra || {}).forEach(function (key) {
      var value = extra[key];
      var plain = value && typeof value === "object" && !Array.isArray(value);
      base[key] = plain ? merge(base[key] && typeof base[key] === "object" ? base[key] : {}, value) : value;
    });
    return base;
  }

  function axis(kind) {
    return {
      type: kind,
      axisLabel: { color: ink, fontSize: 12 },
      axisTick: { show: false },
      axisLine: { show: kind === "category", lineStyle: { color: "#4b525b" } },
      splitLine: { show: kind === "value", lineStyle: { color: "#dfe3e6" } },
      minInterval: kind === "value" ? 1 : undefined
    };
  }

  function frame(option) {
    var sideways = option.yAxis && option.yAxis.type === "category";
    var many = (option.series || []).length > 1;
    var base = {
      color: colours,
      animation: false,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      grid: { left: 4, right: 12, top: 16, bottom: many ? 32 : 4, containLabel: true },
      legend: { show: many, bottom: 0, itemWidth: 10, itemHeight: 10, textStyle: { color: ink, fontSize: 12 } },
      tooltip: { trigger: "axis", renderMode: "richText", confine: true, axisPointer: { type: "shadow" } },
      xAxis: axis(sideways ? "value" : "category"),
      yAxis: axis(sideways ? "category" : "value")
    };
    var merged = merge(base, option);
    merged.tooltip.renderMode = "richText";
    return merged;
  }

  function draw(box) {
    var data = document.getElementById(box.getAttribute("data-chart"));
    if (!data || box.getAttribute("data-drawn")) { return; }
    box.setAttribute("data-drawn", "yes");
    try {
      var chart = window.echarts.init(box, null, { renderer: "canvas" });
      chart.setOption(frame(JSON.parse(data.textContent)));
      window.addEventListener("resize", function () { chart.resize(); });
      window.addEventListener("beforeprint", function () { chart.resize(); });
    } catch (error) {
      var figure = box.closest(".chart");
      figure.classList.add("no-chart");
      figure.querySelector("details").open = true;
      if (window.ui) { window.ui.toast(window.ui.words.chartFailed); }
    }
  }

  function drawAll(root) { Array.prototype.forEach.call(root.querySelectorAll("[data-chart]"), draw); }
  drawAll(document);
  document.addEventListener("htmx:load", function (event) { drawAll(event.detail.elt); });
})();
