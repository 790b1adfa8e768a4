// Plays the stream that the page's address names, over WHEP, and comes back when the stream does.

const retryAfter = 2000; // milliseconds
const figuresEvery = 1000;
const stalledAfter = 6000; // without a byte, although connected

const name = decodeURIComponent(location.pathname.split("/").pop());
const $ = (id) => document.getElementById(id);
const video = $("video");

// show tells the state, a word, in the bar and as the page's own, and what it means over the picture.
function show(state, notice) {
  document.body.dataset.state = state;
  $("state").textContent = state === "missing" ? "no such stream" : state;
  if (notice) $("notice").textContent = notice;
}

// Viewing is one connection, from its offer to its end.
class Viewing {
  constructor() {
    this.ended = new Promise((resolve) => { this.end = resolve; });
    this.last = null;
    this.bytes = 0;
    this.changed = performance.now();
    this.pc = new RTCPeerConnection();
    const media = new MediaStream();
    this.pc.ontrack = ({ track }) => {
      media.addTrack(track);
      video.srcObject = media;
      video.play().catch(() => {});
    };
    this.pc.onconnectionstatechange = () => {
      if (["failed", "closed"].includes(this.pc.connectionState)) this.end();
      if (this.pc.connectionState === "disconnected") show("lost", "The connection was lost. Trying again…");
    };
  }

  // start offers and takes the answer. It returns what stands in the way, if anything.
  async start() {
    this.pc.addTransceiver("video", { direction: "recvonly" });
    this.pc.addTransceiver("audio", { direction: "recvonly" });
    const offer = await this.pc.createOffer();
    offer.sdp = offer.sdp.replace("minptime=10;", "minptime=10;stereo=1;"); // else browsers mix both channels
    await this.pc.setLocalDescription(offer);
    const response = await fetch("/whep/" + encodeURIComponent(name), {
      method: "POST",
      headers: { "Content-Type": "application/sdp" },
      body: offer.sdp,
    });
    if (response.status !== 201) return response;
    this.resource = response.headers.get("Location");
    await this.pc.setRemoteDescription({ type: "answer", sdp: await response.text() });
    const { transport } = this.pc.getReceivers()[0];
    transport.onstatechange = () => { // the gateway said goodbye
      if (["closed", "failed"].includes(transport.state)) this.end();
    };
    return null;
  }

  async figures() {
    const report = await this.pc.getStats();
    const now = { at: performance.now(), bytes: 0, lost: 0, packets: 0, delay: 0, emitted: 0, rtt: 0 };
    for (const s of report.values()) {
      if (s.type === "candidate-pair" && s.nominated && s.currentRoundTripTime) now.rtt = s.currentRoundTripTime;
      if (s.type !== "inbound-rtp") continue;
      now.bytes += s.bytesReceived;
      now.lost += s.packetsLost;
      now.packets += s.packetsReceived;
      if (s.kind === "video") {
        now.fps = s.framesPerSecond;
        now.frames = s.framesDecoded;
        now.delay = s.jitterBufferDelay;
        now.emitted = s.jitterBufferEmittedCount;
      } else {
        now.level = s.audioLevel;
        now.sound = report.get(s.codecId)?.mimeType?.replace("audio/", "");
        if (!now.emitted) [now.delay, now.emitted] = [s.jitterBufferDelay, s.jitterBufferEmittedCount];
      }
    }
    if (now.bytes !== this.bytes) [this.bytes, this.changed] = [now.bytes, now.at];
    if (now.at - this.changed > stalledAfter) return this.end();
    if (this.last) this.tell(this.last, now);
    this.last = now;
  }

  tell(before, now) {
    const kbits = (now.bytes - before.bytes) * 8 / (now.at - before.at);
    const lost = now.lost - before.lost, got = now.packets - before.packets;
    const emitted = now.emitted - before.emitted;
    const delay = (emitted > 0 ? (now.delay - before.delay) / emitted : 0) + now.rtt / 2;
    $("resolution").textContent = video.videoWidth ? `${video.videoWidth}×${video.videoHeight}, ${Math.round(now.fps ?? 0)} fps` : "none";
    $("bitrate").textContent = `${Math.round(kbits)} kbit/s`;
    $("loss").textContent = `${(lost > 0 ? 100 * lost / (lost + got) : 0).toFixed(1)} %`;
    $("delay").textContent = `${Math.round(delay * 1000)} ms`;
    $("sound").textContent = now.sound ?? "none";
    if (this.pc.connectionState === "connected" && got > 0) show("playing");
  }

  close() {
    this.pc.close();
    if (this.resource) fetch(this.resource, { method: "DELETE", keepalive: true }).catch(() => {});
  }
}

async function refusal(response) {
  if (response.status === 404) {
    return show("missing", `There is no stream named “${name}”. It plays here as soon as there is.`);
  }
  const fault = await response.json().catch(() => ({}));
  show("refused", fault.message ?? `The gateway refused: ${response.status}.`);
}

// watch plays until the connection ends.
async function watch() {
  const viewing = new Viewing();
  const goodbye = () => viewing.close();
  const timer = setInterval(() => viewing.figures().catch(() => {}), figuresEvery);
  addEventListener("pagehide", goodbye, { once: true });
  try {
    const refused = await viewing.start();
    if (refused) return await refusal(refused);
    await viewing.ended;
    show("lost", "The stream has ended or the connection was lost. Trying again…");
  } catch (fault) {
    show("lost", fault instanceof TypeError ? "The gateway cannot be reached. Trying again…" : String(fault));
  } finally {
    clearInterval(timer);
    removeEventListener("pagehide", goodbye);
    viewing.close();
    video.srcObject = null;
  }
}

function sound(on) {
  video.muted = !on;
  $("unmute").hidden = on;
  $("mute").textContent = on ? "Mute" : "Unmute";
}

function fullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else $("stage").requestFullscreen();
}

$("name").textContent = name;
document.title = `${name} – Callcast`;
$("unmute").onclick = () => { sound(true); $("mute").focus(); };
video.onplaying = () => show("playing");
$("mute").onclick = () => sound(video.muted);
$("volume").oninput = (event) => { video.volume = event.target.value / 100; };
$("full").onclick = fullScreen;
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "m") sound(video.muted);
  if (event.key === "f") fullScreen();
});
sound(false);

for (;;) {
  await watch();
  await new Promise((resolve) => setTimeout(resolve, retryAfter));
}
