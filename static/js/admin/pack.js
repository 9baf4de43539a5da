// The entry point of the pages on which somebody packs.

import { watchCamera } from "./camera.js";
import "./file-field.js";
import { watchPacking } from "./packing.js";
import { signals } from "./signals.js";
import { watchPhotos } from "./smaller-photo.js";
import { watchUndo } from "./undo.js";

const root = document.querySelector(".pack");
if (root instanceof HTMLElement) {
  const signal = signals(root, window);
  const take = watchPacking(root, window, signal);
  watchCamera(root, window, take);
  watchPhotos(window);
  watchUndo(window);
}
