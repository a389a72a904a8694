"use strict";
// What is marked data-live is asked for again every two seconds, as long as something goes on.
(() => {
  const EVERY_MS = 2000;
  const keep = (part, text) => {
    const ticked = new Set([...part.querySelectorAll("input:checked")].map((box) => box.value));
    const focused = part.contains(document.activeElement) ? document.activeElement : null;
    const mark = focused && (focused.value || focused.getAttribute("href"));
    const made = document.createElement("template");
    made.innerHTML = text;
    if (made.innerHTML === part.dataset.seen) return made.content;
    part.dataset.seen = made.innerHTML;
    const content = made.content.cloneNode(true);
    for (const box of content.querySelectorAll("input")) box.checked = ticked.has(box.value);
    part.replaceChildren(content);
    if (mark) {
      const again = [...part.querySelectorAll("input, a")].find((one) => (one.value || one.getAttribute("href")) === mark);
      if (again) again.focus();
    }
    return made.content;
  };
  const look = async (part) => {
    try {
      const answer = await fetch(part.dataset.live);
      if (answer.ok) {
        const state = keep(part, await answer.text()).querySelector("[data-state]");
        // The page of a run that has just ended has more to show.
        if (state && state.dataset.state !== "running") return location.reload();
      }
    } catch {
      // The server may be gone for a moment.
    }
    setTimeout(look, EVERY_MS, part);
  };
  for (const part of document.querySelectorAll("[data-live]")) setTimeout(look, EVERY_MS, part);
})();
