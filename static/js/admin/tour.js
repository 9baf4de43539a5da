// The entry point of the rider's page. It works without.

import { watchPhotos } from "./smaller-photo.js";

watchPhotos(window);
