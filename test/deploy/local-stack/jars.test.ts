import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cacheDir, cached } from '../../../deploy/local-stack/jars.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'clientele-cache-'));
  vi.stubEnv('CLIENTELE_CACHE_DIR', root);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

describe('cached', () => {
  it('makes a directory once, also for callers at the same time', async () => {
    let made = 0;
    const make = async (directory: string): Promise<void> => {
      made += 1;
      await writeFile(join(directory, 'a'), 'whole');
    };
    const found = await Promise.all([cached('x', make), cached('x', make), cached('x', make)]);
    expect(made).toBe(1);
    expect(new Set(found).size).toBe(1);
    expect(await readFile(join(found[0], 'a'), 'utf8')).toBe('whole');
  });

  it('leaves nothing behind when making fails, and makes it the next time', async () => {
    const half = async (directory: string): Promise<void> => {
      await writeFile(join(directory, 'a'), 'half');
      throw new Error('line went down');
    };
    await expect(cached('x', half)).rejects.toThrow('line went down');
    expect(readdirSync(root)).toEqual([]);
    expect(existsSync(await cached('x', () => Promise.resolve()))).toBe(true);
  });

  it('takes over the lock of a process that is gone', async () => {
    const target = await cached('x', () => Promise.resolve());
    rmSync(target, { recursive: true });
    await mkdir(`${target}.lock`);
    // No process has this id: it is above what Linux and macOS hand out.
    await writeFile(join(`${target}.lock`, 'pid'), '99999999');
    expect(basename(await cached('x', () => Promise.resolve()))).toBe(basename(target));
  });
});

describe('cacheDir', () => {
  it('prefers our own variable, then the desktop standard, then the home directory', () => {
    expect(cacheDir({ CLIENTELE_CACHE_DIR: '/a', XDG_CACHE_HOME: '/b' })).toBe('/a');
    expect(cacheDir({ XDG_CACHE_HOME: '/b' })).toBe('/b/clientele');
    expect(cacheDir({})).toMatch(/\.cache\/clientele$/);
  });
});
