import type { Overview } from '#web/data';

/** Gives the overview as a JSON file, figures and reasons as shown. */
export function exportOverview(overview: Overview | undefined): void {
  if (overview === undefined) return;
  const url = URL.createObjectURL(new Blob([JSON.stringify(overview, null, 2)], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `pharos-overview-${new Date(overview.window.to).toISOString().replaceAll(':', '-').slice(0, 19)}.json`;
  link.click();
  URL.revokeObjectURL(url);
}
