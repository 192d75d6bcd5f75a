import io from "socket.io-client";

const socket = io("http://localhost:3000", {
  // Replace with your server URL
  auth: {
    token: localStorage.getItem("jwt_token"), // Or however you store your JWT
  },
});

socket.on("connect", () => {
  console.log("Connected to Socket.IO server");
});

socket.on("disconnect", () => {
  console.log("Disconnected from Socket.IO server");
});

function subscribeToInstance(instanceId) {
  socket.emit("subscribe:instance", instanceId);
}

function unsubscribeFromInstance(instanceId) {
  socket.emit("unsubscribe:instance", instanceId);
}
