// The test gateway's page: a payment is sent once.

import { sendOnce } from "./once.js";

sendOnce(window);
