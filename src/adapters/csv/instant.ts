/**
 * Text of a date column -> epoch milliseconds. A date alone takes the time of day the user named; a time without a
 * zone is refused, since guessing one would move events between days.
 */

const dateOnly = /^\d{4}-\d{2}-\d{2}$/;
const dateTime =
  /^(?<date>\d{4}-\d{2}-\d{2})[T ](?<time>\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(?<zone>Z|[+-]\d{2}:?\d{2})$/;
const timeOfDay = /^\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?(?:Z|[+-]\d{2}:\d{2})$/;

/** Returns true for `HH:MM:SS` with `Z` or an offset, the form a time of day must have. */
export function isTimeOfDay(text: string): boolean {
  return timeOfDay.test(text) && Number.isFinite(Date.parse(`2000-01-01T${text}`));
}

/**
 * Reads `2024-02-29`, `2024-02-29T10:00:00Z` or `2024-02-29 10:00:00+01:00`; null for anything else, days that do
 * not exist included. `dayTime` passes isTimeOfDay and completes a date alone.
 */
export function parseInstant(text: string, dayTime: string): number | null {
  const trimmed = text.trim();
  if (dateOnly.test(trimmed)) return exact(trimmed, `${trimmed}T${dayTime}`);
  const groups = dateTime.exec(trimmed)?.groups;
  if (groups === undefined) return null;
  const zone = (groups['zone'] ?? '').replace(/^([+-]\d{2})(\d{2})$/, '$1:$2');
  return exact(groups['date'] ?? '', `${groups['date'] ?? ''}T${groups['time'] ?? ''}${zone}`);
}

/** Date.parse rolls 2023-02-30 over into March; a day that is not the one written is a fault of the file. */
function exact(day: string, iso: string): number | null {
  const instant = Date.parse(iso);
  const midnight = Date.parse(`${day}T00:00:00Z`);
  if (!Number.isFinite(instant) || !Number.isFinite(midnight)) return null;
  return new Date(midnight).toISOString().startsWith(day) ? instant : null;
}
