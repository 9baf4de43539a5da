// The entry point of an order's page in admin.

import { startLive } from "../live/start.js";
import { onFrame } from "./order-block.js";

startLive({ onFrame: onFrame(window) });
