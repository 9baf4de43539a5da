// The entry point of the staff's board. Every frame has the whole state; at most two come in a second.

/** @import {BoardState} from "./screen.js" */

import { startLive } from "../live/start.js";
import { Charts } from "./charts.js";
import { Screen } from "./screen.js";
import { ring } from "./sound.js";

const root = /** @type {HTMLElement} */ (document.querySelector(".board"));
const screen = new Screen(root, { charts: new Charts(root), ring, now: () => Date.now() });
screen.start(JSON.parse(document.querySelector("#board-state")?.textContent ?? "{}"));

startLive({ onFrame: (_, { d }) => screen.take(/** @type {BoardState} */ (d)) });
