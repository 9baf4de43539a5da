// socket.io behind Valkey: rooms by topic, told by a PUBLISH. `node socketio.mjs PORT`, with NODE_PATH-like resolution from the folder it is copied to.
import { createServer } from "node:http";
import { Server } from "socket.io";
import { Redis } from "ioredis";

const http = createServer((request, response) => response.end());
const io = new Server(http, { transports: ["websocket"] });
io.on("connection", (socket) => {
  socket.on("join", (topic) => {
    socket.join(topic);
    socket.emit("ready");
  });
});

const listener = new Redis(process.env.REDIS_URL);
await listener.subscribe("socketio");
listener.on("message", (_, text) => {
  const { s, n } = JSON.parse(text);
  io.to(s).emit("order", { s, n });
});
http.listen(Number(process.argv[2]), "127.0.0.1");
