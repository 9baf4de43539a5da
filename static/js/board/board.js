// The staff's board: every frame is the whole state, twice a second at most.

/** @import {BoardState} from "./screen.js" */

import { startLive } from "../live/start.js";
import { Charts } from "./charts.js";
import { Screen } from "./screen.js";
import { ring } from "./sound.js";

const root = /** @type {HTMLElement} */ (document.querySelector(".board"));
const screen = new Screen(root, { charts: new Charts(root), ring, now: () => Date.now() });
screen.start(JSON.parse(document.querySelector("#board-state")?.textContent ?? "{}"));

startLive({ onFrame: (_, { d }) => screen.take(/** @type {BoardState} */ (d)) });
