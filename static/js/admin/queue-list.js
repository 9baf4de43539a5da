// The entry point of the list of orders in admin.

import { startLive } from "../live/start.js";
import "./file-field.js";
import { watchNumbers } from "./numbers.js";
import { onFrame } from "./queue-rows.js";
import { watchStart } from "./start-packing.js";
import { watchUndo } from "./undo.js";

startLive({ onFrame: onFrame(window) });
watchNumbers(document);
watchStart(document);
watchUndo(window);
