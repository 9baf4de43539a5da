// The service worker's other side: it keeps what the page shows, and tells a shopper who looks elsewhere.

const KEEP_MS = 1500; // after a change, until the page is kept as it is then

let keeping;

/** Register the worker; without one the page works as ever, only not without a network. */
export function install() {
  navigator.serviceWorker?.register("/service-worker.js").catch(() => {});
  document.addEventListener("doorbell:frame", () => {
    clearTimeout(keeping);
    keeping = setTimeout(() => navigator.serviceWorker?.controller?.postMessage({ keep: location.href }), KEEP_MS);
  });
  // Nothing of one person is left for the next at the same browser.
  for (const form of document.querySelectorAll("form[data-forget]")) {
    form.addEventListener("submit", () => navigator.serviceWorker?.controller?.postMessage({ forget: true }));
  }
}

/** The button that asks for notifications; it is there only where it can do something. */
export function offerNotifications(button) {
  if (!button || !("Notification" in window) || !navigator.serviceWorker || Notification.permission === "denied") return;
  const show = () => {
    button.hidden = false;
    button.setAttribute("aria-pressed", String(Notification.permission === "granted" && localStorage.getItem("doorbell.notify") === "1"));
  };
  button.addEventListener("click", async () => {
    const on = button.getAttribute("aria-pressed") === "true";
    const allowed = on ? "granted" : await Notification.requestPermission();
    const wanted = !on && allowed === "granted";
    localStorage.setItem("doorbell.notify", wanted ? "1" : "0");
    if (allowed === "denied") button.hidden = true;
    else show(); // an open page tells from now on, however long the push service takes to answer
    await push(button, wanted).catch(() => {}); // no push service: an open page tells as long as it is open
  });
  show();
  document.addEventListener("doorbell:frame", ({ detail: { stream, frame } }) => {
    if (shouldNotify({ frame, hidden: document.hidden, wanted: localStorage.getItem("doorbell.notify") === "1", permission: Notification.permission })) notify(stream, frame);
  });
}

/** Have the shop tell this browser though the tab is closed, or no more. */
async function push(button, wanted) {
  const registration = await navigator.serviceWorker.ready;
  const options = { userVisibleOnly: true, applicationServerKey: button.dataset.pushKey };
  const subscription = wanted ? await registration.pushManager.subscribe(options) : await registration.pushManager.getSubscription();
  if (!subscription) return;
  await fetch(button.dataset.pushUrl, {
    method: wanted ? "POST" : "DELETE",
    body: JSON.stringify(subscription),
    credentials: "same-origin",
    headers: { "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value },
  });
}

/** Only of a change, only when asked for, and only to somebody who does not look. */
export function shouldNotify({ frame, hidden, wanted, permission }) {
  return frame.t === "ev" && hidden && wanted && permission === "granted";
}

async function notify(stream, frame) {
  const registration = await navigator.serviceWorker.ready;
  // The tag is the event's id: however many tabs and ways tell of it, it is one notification.
  await registration.showNotification(`${frame.d.label} · ${frame.d.ref}`, {
    body: frame.d.sentence,
    tag: frame.id,
    icon: "/static/brand/icon-192.png",
    lang: document.documentElement.lang,
    data: { url: location.href },
  });
}
