// What the theme makes without a name, or out of reach of the keyboard: its search, wide tables, buttons beside code.
const named = () => {
  document.querySelectorAll(".md-search[role=dialog]").forEach((one) => one.setAttribute("aria-label", "Search"));
  document.querySelectorAll(".md-typeset__scrollwrap:not([tabindex])").forEach((one) => { one.tabIndex = 0; });
  document.querySelectorAll(".md-code__nav:not([aria-label])").forEach((one, number) => {
    one.setAttribute("aria-label", `Code ${number + 1}`);
  });
};
named();
new MutationObserver(named).observe(document.body, { childList: true, subtree: true });
