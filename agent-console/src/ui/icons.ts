/** Every Lucide icon that the console draws. The build puts exactly these into the sprite. */
export const ICONS = [
  'activity', 'arrow-right', 'badge-check', 'bell', 'bell-ring', 'building-2', 'cable', 'calendar-clock', 'check', 'chevron-down',
  'chevron-left', 'chevron-right', 'circle-alert', 'circle-check', 'circle-dot', 'circle-pause', 'circle-question-mark',
  'circle-x', 'clock', 'coffee', 'copy', 'delete', 'download', 'ear', 'ellipsis', 'external-link', 'flag', 'graduation-cap',
  'grid-3x3', 'hash', 'headphones', 'history', 'keyboard', 'languages', 'link', 'list-ordered', 'list-tree', 'lock', 'lock-open', 'log-out', 'mic',
  'mic-off', 'minus', 'monitor', 'monitor-up', 'moon', 'pause', 'pencil', 'pencil-line', 'phone', 'phone-forwarded', 'phone-incoming',
  'phone-missed', 'phone-off', 'phone-outgoing', 'play', 'plus', 'refresh-cw', 'rotate-ccw', 'rotate-cw', 'search',
  'shield-check', 'skip-forward', 'smartphone', 'square', 'star', 'sun', 'sun-moon', 'square-terminal', 'timer', 'triangle-alert',
  'upload', 'user', 'users', 'utensils', 'voicemail', 'volume-2', 'waypoints', 'wifi', 'wifi-off', 'wrench', 'x', 'zap',
] as const;

/** The name of an icon in the sprite. */
export type IconName = (typeof ICONS)[number];
