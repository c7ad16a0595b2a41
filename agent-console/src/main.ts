import { mount } from 'svelte';
import App from './App.svelte';
import { peerConnection } from './diagnostics';
import './styles/base.css';

/** Diagnostics hook: the live peer connection, for `getStats()` in tests and by support. */
window.__switchroom = { peerConnection };

const target = document.getElementById('app');
if (target) mount(App, { target });
