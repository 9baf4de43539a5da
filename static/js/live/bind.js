// Shows a frame's `d` in the page. The server drew the same state into the same elements; here only what they say changes:
//   data-text="key"      the element's text          data-show="key"  hidden when the value is empty
//   data-datetime="key"  a <time>'s datetime         data-rows="key"  rows that are all there, found by data-key
//   data-list="key"      rows made from the <template> inside

const value = (data, key) => data?.[key] ?? "";

/** Set what `root` shows to `d`. Returns whether anything changed. */
export function show(root, d) {
  let changed = false;
  const set = (element, name, next) => {
    if (element[name] !== next) {
      element[name] = next;
      changed = true;
    }
  };
  if (d.status !== undefined) set(root.dataset, "status", d.status);
  each(root, "data-show", (element, key) => set(element, "hidden", !value(d, key)));
  each(root, "data-text", (element, key) => {
    if (!element.closest("[data-rows],[data-list]")) set(element, "textContent", String(value(d, key)));
  });
  each(root, "data-rows", (list, key) => {
    for (const row of value(d, key) || []) {
      const element = list.querySelector(`:scope > [data-key="${row.key}"]`);
      if (!element) continue;
      const moved = element.dataset.state !== row.state;
      element.dataset.state = row.state;
      element.hidden = row.state === "hidden";
      fill(element, row);
      if (moved) {
        changed = true;
        element.classList.remove("moved");
        void element.offsetWidth; // restart the animation
        if (row.state === "now") element.classList.add("moved");
      }
    }
  });
  each(root, "data-list", (list, key) => {
    const template = list.querySelector("template");
    const rows = (value(d, key) || []).map((row) => {
      const element = template.content.firstElementChild.cloneNode(true);
      fill(element, row);
      return element;
    });
    list.replaceChildren(template, ...rows);
  });
  return changed;
}

/** A title from its pattern: "{label} · 123" with the state's label. */
export function title(pattern, d) {
  return pattern.replace(/\{(\w+)\}/g, (_, key) => value(d, key));
}

function fill(element, row) {
  each(element, "data-text", (part, key) => (part.textContent = value(row, key)));
  each(element, "data-datetime", (part, key) => part.setAttribute("datetime", value(row, key)));
}

function each(root, attribute, visit) {
  for (const element of root.querySelectorAll(`[${attribute}]`)) visit(element, element.getAttribute(attribute));
}
