/** README.md shows what the commands print, and README.zh-CN.md says the same in Chinese. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { clientele } from './support/command.ts';

const root = join(import.meta.dirname, '..');
const english = readFileSync(join(root, 'README.md'), 'utf8');
const chinese = readFileSync(join(root, 'README.zh-CN.md'), 'utf8');

/** Fenced blocks with their language, in order. */
const blocksOf = (text: string): string[] => [...text.matchAll(/^```.*\n[\s\S]*?^```$/gm)].map(([block]) => block);

/** What a translation must keep, in order: kinds of lines, links, code. Words may be anything, blocks must be equal. */
function skeletonOf(text: string): readonly string[] {
  return text
    .replace(/^```.*\n[\s\S]*?^```$/gm, 'BLOCK')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('|---'))
    .map((line) => {
      const kind = /^(#+ |- |\| |BLOCK)/.exec(line)?.[1] ?? 'text';
      const links = [...line.matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target ?? '').sort();
      const code = [...line.matchAll(/`([^`]+)`/g)].map(([, span]) => span ?? '').sort();
      const cells = line.startsWith('|') ? line.split('|').length : 0;
      return JSON.stringify([kind, links, code, cells]);
    });
}

describe('README.md', () => {
  it('shows what explain prints', async () => {
    const [, shell = ''] = /^```sh\nbin\/clientele (explain .*)\n```$/m.exec(english) ?? [];
    const shown = (blocksOf(english).find((block) => block.includes('How it came about')) ?? '')
      .split('\n')
      .slice(1, -1);
    const answer = await clientele(shell.split(' '), root);
    expect(answer.code).toBe(0);
    expect(shown.length).toBeGreaterThan(10);
    expect(shown.filter((line) => !answer.stdout.split('\n').includes(line))).toEqual([]);
  });

  it('shows the counts the demo ends with: those of a replay, but for notices of its last moment', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'clientele-readme-')), 'lines.jsonl');
    const sample = ['cdnow', 'examples/cdnow/purchases-sample.csv.gz', '--model', 'examples/cdnow/model.yaml'];
    const { code, stderr } = await clientele(['replay', ...sample, '--out', file], root);
    rmSync(dirname(file), { recursive: true });
    expect(code).toBe(0);
    const shown = /^ {2}transitions .*\n {2}tiers now .*$/m.exec(english)?.[0] ?? '';
    const told = /tier-changed\.v1 .*|by tier .*/g;
    for (const [, what, count] of (stderr.match(told) ?? [])
      .join()
      .matchAll(/(entered|up|down|held|high|mid|low) (\d+)/g)) {
      expect(shown).toContain(`${what} ${count}`);
    }
    expect(shown.match(/\d+/g)).toHaveLength(9);
  });

  it('names scripts that there are', () => {
    const { scripts } = z
      .object({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
    const named = [...english.matchAll(/npm (?:run )?([a-z:]+)/g)].map(([, name]) => name ?? '');
    expect(named).toContain('demo');
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });
});

describe('README.zh-CN.md', () => {
  it('has the same blocks of code and output, in the same order', () => {
    expect(blocksOf(chinese)).toEqual(blocksOf(english));
  });

  it('has the same headings, items, rows, links and code, in the same order', () => {
    const leading = (text: string): string => text.slice(text.indexOf('\n**'));
    expect(skeletonOf(leading(chinese))).toEqual(skeletonOf(leading(english)));
  });

  it('is in Chinese, and each version names the other', () => {
    expect(chinese.match(/\p{Script=Han}/gu)?.length ?? 0).toBeGreaterThan(400);
    expect(chinese).toContain('](README.md)');
    expect(english).toContain('](README.zh-CN.md)');
  });
});
