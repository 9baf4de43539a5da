// The pictures of a product: a strip that scrolls sideways, small pictures that lead through it, and a large view.
// Without this script the small pictures are links into the strip, and a picture is a link to its file.

/** @param {Window & typeof globalThis} page */
export function start(page) {
  const { document } = page;
  const gallery = document.querySelector(".gallery");
  const strip = gallery?.querySelector(".pictures");
  if (!gallery || !strip) return;
  for (const thumb of thumbs(document)) {
    thumb.addEventListener("click", (event) => {
      event.preventDefault();
      scrollTo(document, thumbs(document).indexOf(thumb));
    });
  }
  const shown = () => Math.round((forward(document) * strip.scrollLeft) / strip.clientWidth);
  strip.addEventListener("scrollend", () => mark(document, shown()));
  zoom(gallery);
}

/**
 * Show the picture of a variant; the main one if it has none of its own.
 * @param {Document} document
 * @param {string} variant
 */
export function showPictureOf(document, variant) {
  const all = [...document.querySelectorAll(".pictures > li")];
  /** @param {string} wanted */
  const place = (wanted) => all.findIndex((each) => each.getAttribute("data-variant") === wanted);
  const own = place(variant);
  if (all.length > 1) scrollTo(document, own < 0 ? place("") : own);
}

/**
 * Which way the strip goes on: to the right; to the left where people write that way.
 * @param {Document} document
 */
const forward = (document) => (document.documentElement.dir === "rtl" ? -1 : 1);

/**
 * @param {Document} document
 * @param {number} place
 */
function scrollTo(document, place) {
  const strip = document.querySelector(".pictures");
  if (!strip || place < 0) return;
  strip.scrollTo({ left: forward(document) * place * strip.clientWidth });
  mark(document, place);
}

/**
 * @param {Document} document
 * @param {number} place
 */
function mark(document, place) {
  for (const [n, thumb] of thumbs(document).entries()) {
    if (n === place) thumb.setAttribute("aria-current", "true");
    else thumb.removeAttribute("aria-current");
  }
}

/**
 * @param {Document} document
 * @returns {Element[]}
 */
function thumbs(document) {
  return [...document.querySelectorAll(".thumbs a")];
}

/**
 * The large view: arrow keys and buttons lead through the pictures, a click makes one twice as large, Escape closes.
 * @param {Element} gallery
 */
function zoom(gallery) {
  const links = [...gallery.querySelectorAll("[data-zoom]")];
  /** @type {HTMLDialogElement | null} */
  const dialog = gallery.querySelector("dialog");
  const stage = dialog?.querySelector(".zoom-stage");
  if (!dialog || !stage) return;
  let at = 0;
  /** @param {number} place */
  const put = (place) => {
    at = (place + links.length) % links.length;
    const image = gallery.ownerDocument.createElement("img");
    image.src = links[at]?.getAttribute("href") ?? "";
    image.alt = links[at]?.querySelector("img")?.alt ?? "";
    stage.replaceChildren(image);
    stage.removeAttribute("data-larger");
  };
  for (const [place, link] of links.entries()) {
    link.addEventListener("click", (event) => {
      const { ctrlKey, metaKey, shiftKey } = /** @type {MouseEvent} */ (event);
      if (ctrlKey || metaKey || shiftKey) return; // a tab of its own was asked for
      event.preventDefault();
      put(place);
      dialog.showModal();
    });
  }
  stage.addEventListener("click", () => stage.toggleAttribute("data-larger"));
  dialog.addEventListener("click", ({ target }) => {
    const step = /** @type {HTMLElement} */ (target).dataset.step;
    if (step) put(at + Number(step));
  });
  dialog.addEventListener("keydown", ({ key }) => {
    if (links.length < 2) return;
    if (key === "ArrowRight") put(at + forward(gallery.ownerDocument));
    if (key === "ArrowLeft") put(at - forward(gallery.ownerDocument));
  });
}
