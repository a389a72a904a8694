"use strict";
// Everything on the page can be read without this. It adds: values under the pointer, series that can be hidden, one
// setting followed through all figures and tables, and tables in the order of any column.
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const make = (name, attributes, text) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const figures = [...document.querySelectorAll("svg[data-parts]")].map((svg) => {
    const parts = JSON.parse(svg.dataset.parts);
    const at = (name) => svg.querySelector(`[id="${svg.dataset.prefix}-${name}"]`);
    const series = new Map();
    for (const [name, label] of Object.entries(parts.series)) {
      const drawn = at(name);
      if (!drawn) continue;
      const area = name.split("_")[1];
      series.set(label, [...(series.get(label) || []), { drawn, area: `area_${area}` }]);
    }
    const keys = new Map();
    for (const [name, label] of Object.entries(parts.keys)) if (at(name)) keys.set(label, at(name));
    return { svg, parts, at, series, keys, hidden: new Set() };
  });

  // One setting through all figures and tables.
  const follow = (label) => {
    for (const figure of figures) {
      const known = label !== null && figure.series.has(label);
      for (const [name, parts] of figure.series)
        for (const part of parts) part.drawn.style.opacity = known && name !== label ? "0.15" : "";
    }
    for (const row of document.querySelectorAll("tbody tr")) {
      const head = row.querySelector("th");
      row.classList.toggle("followed", label !== null && head !== null && head.textContent === label);
    }
  };
  const hide = (figure, label, button) => {
    const off = !figure.hidden.has(label);
    figure.hidden[off ? "add" : "delete"](label);
    for (const part of figure.series.get(label)) part.drawn.style.display = off ? "none" : "";
    const key = figure.keys.get(label);
    if (key) key.style.opacity = off ? "0.35" : "";
    button.setAttribute("aria-pressed", String(!off));
  };
  const followed = (element, label) => {
    for (const begin of ["pointerenter", "focus"]) element.addEventListener(begin, () => follow(label));
    for (const end of ["pointerleave", "blur"]) element.addEventListener(end, () => follow(null));
  };
  const buttons = (figure) => {
    const labels = [...figure.series.keys()];
    if (labels.length < 2) return;
    const bar = make("div", { class: "series", role: "group", "aria-label": "series shown" });
    for (const label of labels) {
      const button = make("button", { type: "button", "aria-pressed": "true" }, label);
      button.addEventListener("click", () => hide(figure, label, button));
      followed(button, label);
      const key = figure.keys.get(label);
      if (key) {
        key.style.cursor = "pointer";
        key.addEventListener("click", () => hide(figure, label, button));
        followed(key, label);
      }
      bar.append(button);
    }
    figure.svg.closest(".scroll").after(bar);
  };

  // Values under the pointer: the nearest point of a line that is shown.
  const back = (share, axis) =>
    axis.scale === "log"
      ? axis.from * Math.pow(axis.to / axis.from, share)
      : axis.from + share * (axis.to - axis.from);
  const written = (value) => {
    const size = Math.abs(value);
    return size !== 0 && (size < 0.001 || size >= 1e6) ? value.toExponential(2) : String(Number(value.toPrecision(4)));
  };
  const corners = (drawn) => {
    if (drawn.corners) return drawn.corners;
    const found = [];
    for (const path of drawn.querySelectorAll(":scope > path"))
      for (const pair of (path.getAttribute("d") || "").matchAll(/[ML] (-?[\d.e+-]+) (-?[\d.e+-]+)/g))
        found.push([Number(pair[1]), Number(pair[2])]);
    for (const mark of drawn.querySelectorAll("use")) found.push([mark.x.baseVal.value, mark.y.baseVal.value]);
    drawn.corners = found;
    return found;
  };
  const isLine = (drawn) => {
    const path = drawn.querySelector("path, use");
    return path !== null && !(drawn.querySelector(":scope > path[d*='z']") || drawn.tagName === "path");
  };
  const note = make("div", { class: "value", role: "status", hidden: "" });
  document.body.append(note);
  const nearest = (figure, x, y) => {
    let best = null;
    for (const [label, parts] of figure.series) {
      if (figure.hidden.has(label)) continue;
      for (const { drawn, area } of parts) {
        if (!isLine(drawn)) continue;
        for (const [px, py] of corners(drawn)) {
          const far = Math.hypot(px - x, py - y);
          if (far < 14 && (best === null || far < best.far)) best = { far, label, area, px, py };
        }
      }
    }
    return best;
  };
  const hover = (figure) => {
    const dot = document.createElementNS(SVG, "circle");
    for (const [key, value] of Object.entries({ r: "3.5", fill: "none", stroke: "currentColor", "pointer-events": "none" }))
      dot.setAttribute(key, value);
    dot.style.display = "none";
    figure.svg.append(dot);
    const away = () => {
      dot.style.display = "none";
      note.hidden = true;
      follow(null);
    };
    figure.svg.addEventListener("pointerleave", away);
    figure.svg.addEventListener("pointermove", (event) => {
      const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(figure.svg.getScreenCTM().inverse());
      const found = nearest(figure, x, y);
      if (found === null) return away();
      const box = figure.at(found.area).getBBox();
      const axes = figure.parts.axes[found.area];
      const value = {
        x: back((found.px - box.x) / box.width, axes.x),
        y: back(1 - (found.py - box.y) / box.height, axes.y),
      };
      const said = ["x", "y"].map((one) => `${axes[one].label || one} ${written(value[one])}`);
      note.textContent = `${found.label}: ${said.join(", ")}`;
      note.hidden = false;
      note.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - note.offsetWidth - 8))}px`;
      note.style.top = `${Math.max(4, event.clientY - note.offsetHeight - 10)}px`;
      dot.setAttribute("cx", found.px);
      dot.setAttribute("cy", found.py);
      dot.style.display = "";
      follow(found.label);
    });
  };
  for (const figure of figures) {
    buttons(figure);
    hover(figure);
  }

  // Tables in the order of any column.
  const number = (text) => {
    const found = text.replace(/,(?=\d{3})/g, "").replace(/\u2212/g, "-").match(/[+-]?\d+(\.\d+)?(e[+-]?\d+)?/i);
    return found ? Number(found[0]) : NaN;
  };
  const ordered = (table, column, down) => {
    const body = table.tBodies[0];
    const cell = (row) => row.cells[column].textContent.trim();
    const rows = [...body.rows];
    const numeric = rows.every((row) => cell(row) === "" || cell(row) === "-" || !Number.isNaN(number(cell(row))));
    const value = (row) => (numeric && column > 0 ? number(cell(row)) : cell(row));
    rows.sort((one, other) => {
      const [a, b] = [value(one), value(other)];
      if (typeof a === "string") return down ? b.localeCompare(a) : a.localeCompare(b);
      if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) - Number.isNaN(b);
      return down ? b - a : a - b;
    });
    body.append(...rows);
  };
  for (const table of document.querySelectorAll("table")) {
    if (!table.tHead || table.tHead.rows.length !== 1 || table.tBodies[0].rows.length < 2) continue;
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      if (head.tagName !== "TH") return;
      const button = make("button", { type: "button", class: "sort" });
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") !== "descending";
        for (const one of heads) one.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        ordered(table, column, down);
      });
    });
    for (const row of table.tBodies[0].rows) {
      const head = row.querySelector("th");
      if (head && figures.some((figure) => figure.series.has(head.textContent))) {
        row.addEventListener("pointerenter", () => follow(head.textContent));
        row.addEventListener("pointerleave", () => follow(null));
      }
    }
  }
})();
