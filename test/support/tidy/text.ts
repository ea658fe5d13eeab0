/** House rules about the text of a file, whatever its language, and about names of files. */
import { dirname, join } from 'node:path/posix';
import type { SourceText } from './syntax.ts';

/** A test that is left out or left alone, and notes to oneself. The words are built, so this file passes itself. */
export function leftoverFaults(file: SourceText): string[] {
  const leftovers = [
    /\b(?:describe|it|test)\.(?:only|skip|todo)\b/,
    new RegExp(`\\b(?:${['FIX', 'TO'].join('ME|')}DO)\\b`),
  ];
  return matches(file, leftovers, 'left over');
}

/** Paths of one machine, and hosts that only some networks reach. */
export function machineFaults(file: SourceText): string[] {
  const roots = ['work', 'root', 'tmp', 'home', 'Users'].join('|');
  const hosts = ['registry\\.npm', 'repo1?\\.maven', 'pypi', 'proxy\\.golang', 'deb\\.debian'].join('|');
  return matches(
    file,
    [new RegExp(`(?<![\\w.}*:-])/(?:${roots})/`), new RegExp(`\\b(?:${hosts})\\w*\\.\\w+`)],
    'names one machine or network',
  );
}

/** Source files that do not say what they are for. */
export function headerFaults(file: SourceText): string[] {
  if (/^(?:#!.*\n)?(?:\/\*\*|\/\/)/.test(file.text)) return [];
  return [`${file.path}: opens without a comment that says what it is for`];
}

/** Source files without their test in the mirrored place. */
export function mirrorQuestions(paths: readonly string[]): string[] {
  const known = new Set(paths);
  return paths
    .filter((path) => path.startsWith('src/') && path.endsWith('.ts') && path !== 'src/domain/contracts.ts')
    .filter((path) => !known.has(path.replace(/^src\//, 'test/').replace(/\.ts$/, '.test.ts')))
    .map((path) => path.replace(/^src\//, ''));
}

/** Faults in the numbers of `docs/decisions/NNNN-name.md`: gaps, doubles, other names. */
export function decisionFaults(names: readonly string[]): string[] {
  const numbers = names.map((name) => /^(\d{4})-[a-z0-9-]+\.md$/.exec(name)?.[1]);
  const misnamed = names
    .filter((_, index) => numbers[index] === undefined)
    .map((name) => `${name}: NNNN-some-words.md`);
  const sorted = numbers
    .filter((number) => number !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
  const gap = sorted.findIndex((number, index) => number !== index + 1);
  return gap === -1 ? misnamed : [...misnamed, `decisions are numbered 0001, 0002, …; number ${gap + 1} is wrong`];
}

/** Relative links of a Markdown file that lead nowhere. `exists` is asked with paths from the root. */
export function linkFaults(file: SourceText, exists: (path: string) => boolean): string[] {
  return [...file.text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1] ?? '')
    .filter((target) => !/^(?:[a-z]+:|#)/.test(target))
    .filter((target) => !exists(join(dirname(file.path), target.split('#')[0] ?? '')))
    .map((target) => `${file.path}: links to ${target}, which is not there`);
}

function matches(file: SourceText, patterns: readonly RegExp[], what: string): string[] {
  return file.text.split('\n').flatMap((line, index) => {
    const found = patterns.map((pattern) => pattern.exec(line)?.[0]).find((text) => text !== undefined);
    return found === undefined ? [] : [`${file.path}:${index + 1}: ${found.trim()} (${what})`];
  });
}
