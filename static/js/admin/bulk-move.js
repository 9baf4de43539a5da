// The entry point of a bulk move's page.

import { startLive } from "../live/start.js";
import { onFrame } from "./progress.js";

startLive({ onFrame: onFrame(window) });
