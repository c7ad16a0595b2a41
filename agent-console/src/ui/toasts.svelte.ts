/** Results that need no answer. Never the sole sign of something about a call. */
export interface Toast {
  id: number;
  kind: 'done' | 'warn' | 'error';
  title: string;
  detail?: string | undefined;
  action?: { label: string; run: () => void } | undefined;
}

let list = $state<Toast[]>([]);
let last = 0;

/** The toasts in view, oldest first, at most three. */
export function toasts(): Toast[] {
  return list;
}

/** Takes a toast away. */
export function dismiss(id: number): void {
  list = list.filter((toast) => toast.id !== id);
}

/** Shows a toast. Errors stay until closed, others for six seconds. */
export function toast(kind: Toast['kind'], title: string, detail?: string, action?: Toast['action']): void {
  last += 1;
  const id = last;
  list = [...list.slice(-2), { id, kind, title, detail, action }];
  if (kind !== 'error') setTimeout(() => dismiss(id), 6000);
}
