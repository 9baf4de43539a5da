// The entry point of an order's page in admin.

import { startLive } from "../live/start.js";
import { contactForm } from "./contact-form.js";
import { onFrame } from "./order-block.js";
import { watchUndo } from "./undo.js";

startLive({ onFrame: onFrame(window, contactForm(window)) });
watchUndo(window);
