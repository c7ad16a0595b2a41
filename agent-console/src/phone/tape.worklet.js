// Hands what the microphone gives to the page, block by block. Runs in the audio thread.
class Tape extends AudioWorkletProcessor {
  process([channels]) {
    if (channels && channels[0]) this.port.postMessage(channels[0].slice());
    return true;
  }
}
registerProcessor('tape', Tape);
