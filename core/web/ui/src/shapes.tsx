// Signs that say by their shape what their colour repeats.
import type { JSX } from 'preact';

const paths: Record<string, JSX.Element> = {
  good: <path d="M5 12.5l4.5 4.5L19 7.5" />,
  damaged: <path d="M6 6l12 12M18 6L6 18" />,
  duplicate: <g><rect x="4" y="4" width="11" height="11" rx="1.5" /><rect x="9" y="9" width="11" height="11" rx="1.5" /></g>,
  mismatch: <path d="M5 9h14M5 15h14M15 5L9 19" />,
  review: <g><path d="M8.5 9a3.5 3.5 0 1 1 5.3 3c-1.2.7-1.8 1.3-1.8 2.6" /><path d="M12 18.4v.2" /></g>,
  spoiled: <g><circle cx="12" cy="12" r="8" /><path d="M6.5 6.5l11 11" /></g>,
  warning: <g><path d="M12 4L2.8 20h18.4z" /><path d="M12 10v5M12 17.4v.2" /></g>,
  play: <path d="M7 5l12 7-12 7z" />,
  stop: <rect x="6" y="6" width="12" height="12" rx="1" />,
  wait: <g><circle cx="12" cy="12" r="8.5" /><path d="M12 7.5V12l3 2" /></g>,
  printer: <g><path d="M7 9V4h10v5" /><rect x="3.5" y="9" width="17" height="8" rx="1.5" /><path d="M7 14h10v6H7z" /></g>,
  camera: <g><path d="M4 8h4l1.5-2.5h5L16 8h4v11H4z" /><circle cx="12" cy="13" r="3.6" /></g>,
  reader: <g><rect x="3.5" y="11" width="17" height="9" rx="1.5" /><path d="M8 8a6 6 0 0 1 8 0M5.5 5a9.5 9.5 0 0 1 13 0" /></g>,
  sun: <g><circle cx="12" cy="12" r="4" /><path d="M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6L7 7M17 17l1.4 1.4M18.4 5.6L17 7M7 17l-1.4 1.4" /></g>,
  sound: <path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4 4 0 0 1 0 6M18 6.5a7.5 7.5 0 0 1 0 11" />,
  silent: <path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM16 9.5l5 5M21 9.5l-5 5" />,
  person: <g><circle cx="12" cy="8" r="4" /><path d="M4.5 20c1-4 4-6 7.5-6s6.500 2 7.500 6" /></g>,
};

export function Shape({ name, size = 24 }: { name: string; size?: number }) {
  return (
    <svg class="shape" width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2.2"
      stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">
      {paths[name] ?? paths.review}
    </svg>
  );
}
