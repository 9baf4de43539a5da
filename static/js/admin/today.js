// The entry point of Today, the first page of the admin.

import { startLive } from "../live/start.js";

startLive();
