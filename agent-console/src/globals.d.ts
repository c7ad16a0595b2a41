interface Window {
  /** Diagnostics hook: see src/main.ts. */
  __switchroom: { peerConnection: () => RTCPeerConnection | null };
}
