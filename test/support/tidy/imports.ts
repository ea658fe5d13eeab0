/** Who may import whom: the table of docs/ARCHITECTURE.md. */
import { dirname, join } from 'node:path/posix';
import { importsOf, libraryOf, parse, type SourceText } from './syntax.ts';

/** Domain files whose values (not only types) an adapter may use: closed lists and pure helpers, no behaviour. */
const valuesForAdapters = new Set([
  'src/domain/outcome.ts',
  'src/domain/event.ts',
  'src/domain/money.ts',
  'src/domain/nearest.ts',
]);
/** Parsing at the edge happens in more than one room, and so does remembering within bounds. */
const sharedLibraries = new Set(['yaml', 'zod', 'lru-cache']);

/** The Kafka room and its tests; the bench that measures what the stock client costs; what a consumer may copy. */
const knowsKafkajs =
  /^(?:src|test)\/adapters\/kafka\/|^bench\/read-only\.ts$|^test\/support\/corpus\/kafka-run\.ts$|^examples\/consumers\//;

/** Room of a source file: `domain`, `pipeline`, `adapters/<one>`, `config`, `main`; undefined outside src. */
export function roomOf(path: string): string | undefined {
  const adapter = /^src\/adapters\/([^/]+?)(?:\.ts)?(?:\/|$)/.exec(path)?.[1];
  if (adapter !== undefined) return `adapters/${adapter}`;
  if (path.startsWith('src/domain/')) return 'domain';
  if (path.startsWith('src/pipeline/')) return 'pipeline';
  if (/^src\/(?:config|connection|settings)\.ts$/.test(path)) return 'config';
  return path.startsWith('src/') ? 'main' : undefined;
}

/** Who imports whom against the table of docs/ARCHITECTURE.md. */
export function importFaults(file: SourceText): string[] {
  const room = roomOf(file.path);
  const faults: string[] = [];
  const libraries = new Set<string>();
  for (const one of importsOf(parse(file))) {
    if (!one.from.startsWith('.')) {
      const library = libraryOf(one.from);
      if (library !== undefined) libraries.add(library);
      if ((room === 'domain' || room === 'pipeline') && !isAllowedInside(room, one.from)) {
        faults.push(`${file.path}: ${room} imports ${one.from}`);
      }
      continue;
    }
    const target = join(dirname(file.path), one.from);
    if (!isAllowed(room, target, one.isType)) faults.push(`${file.path}: ${room ?? 'it'} imports ${target}`);
  }
  if (room?.startsWith('adapters/') && libraries.size > 1) {
    faults.push(`${file.path}: an adapter file knows one library, not ${[...libraries].join(' and ')}`);
  }
  if (libraries.has('kafkajs') && !knowsKafkajs.test(file.path)) {
    faults.push(`${file.path}: kafkajs is known in src/adapters/kafka only`);
  }
  return faults;
}

/** Libraries that more than one room of src imports. */
export function sharedLibraryFaults(files: readonly SourceText[]): string[] {
  const rooms = new Map<string, Set<string>>();
  for (const file of files) {
    const room = roomOf(file.path);
    if (room === undefined) continue;
    for (const { from } of importsOf(parse(file))) {
      const library = from.startsWith('.') ? undefined : libraryOf(from);
      if (library === undefined || sharedLibraries.has(library)) continue;
      rooms.set(library, (rooms.get(library) ?? new Set()).add(room));
    }
  }
  return [...rooms]
    .filter(([, known]) => known.size > 1)
    .map(([library, known]) => `${library} is known in ${[...known].sort().join(' and ')}; one room should hide it`);
}

function isAllowedInside(room: 'domain' | 'pipeline', from: string): boolean {
  // The pipeline handles bytes; Buffer is the type they have in this house.
  return room === 'pipeline' && from === 'node:buffer';
}

function isAllowed(room: string | undefined, target: string, isType: boolean): boolean {
  const to = roomOf(target);
  switch (room) {
    case undefined:
      return true;
    case 'domain':
      return to === 'domain';
    case 'pipeline':
      return to === 'domain' || to === 'pipeline';
    case 'config':
      return to === 'config' || to === 'domain';
    case 'main':
      return to !== undefined;
    default:
      if (to === 'domain') return isType || valuesForAdapters.has(target);
      return to === room || to === 'pipeline';
  }
}
