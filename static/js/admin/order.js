// The order's page in admin: it moves by itself, block by block.

import { startLive } from "../live/start.js";
import { onFrame } from "./order-block.js";

startLive({ onFrame: onFrame(window) });
