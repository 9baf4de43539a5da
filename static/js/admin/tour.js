// The entry point of the rider's page. It works without.

import "./file-field.js";
import { watchPhotos } from "./smaller-photo.js";

watchPhotos(window);
