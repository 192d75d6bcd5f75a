import React, { useEffect, useState } from "react";
import { useSession } from "next-auth/react"; // Import useSession
import io from "socket.io-client";
import QRCode from "qrcode";

const InstanceMonitor = ({ instanceId }) => {
  const { data: session } = useSession(); // Get session data from NextAuth
  const [status, setStatus] = useState("loading...");
  const [qrCodeUrl, setQrCodeUrl] = useState(null);

  useEffect(() => {
    // Ensure the session and the backend token are available before connecting.
    // The token might be named differently in your session object (e.g., session.apiToken).
    if (session && session.accessToken) {
      const socket = io("http://localhost:3000", {
        auth: {
          token: session.accessToken, // Use the token from the NextAuth session
        },
      });

      socket.emit("subscribe:instance", instanceId);

      socket.on("instance:status:changed", (data) => {
        if (data.instanceId === instanceId) {
          setStatus(data.newStatus);
          if (data.newStatus !== "QR_REQUIRED") {
            setQrCodeUrl(null);
          }
        }
      });

      socket.on("instance:qr:generated", (data) => {
        if (data.instanceId === instanceId) {
          // Convert the raw QR string to a data URL
          QRCode.toDataURL(data.qrCode, (err, url) => {
            if (err) {
              console.error("Failed to generate QR code", err);
              return;
            }
            setQrCodeUrl(url);
          });
          setStatus("QR_REQUIRED");
        }
      });

      socket.on("instance:error", (data) => {
        if (data.instanceId === instanceId) {
          console.error("Instance Error:", data.error);
        }
      });

      // Cleanup on component unmount
      return () => {
        socket.emit("unsubscribe:instance", instanceId);
        socket.disconnect();
      };
    }
  }, [instanceId, session]); // Rerun the effect if the session changes

  return (
    <div>
      <h2>Instance: {instanceId}</h2>
      <p>Status: {status}</p>
      {qrCodeUrl && <img src={qrCodeUrl} alt="QR Code" />}
    </div>
  );
};

export default InstanceMonitor;
